SELECT
  '1' = 1 AS c1;
