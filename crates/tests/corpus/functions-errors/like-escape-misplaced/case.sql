SELECT
  'a' LIKE 'xa' ESCAPE 'x' AS c1;
