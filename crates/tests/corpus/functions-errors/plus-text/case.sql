SELECT
  'a' + 'b' AS c1;
