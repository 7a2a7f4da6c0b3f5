SELECT
  'a' || 1 AS c1;
