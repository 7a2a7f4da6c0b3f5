SELECT
  1 / 0 AS c1;
