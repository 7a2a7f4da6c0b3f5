SELECT
  'a' LIKE 'a' ESCAPE 'xy' AS c1;
