SELECT
  1.5 / 0 AS c1;
