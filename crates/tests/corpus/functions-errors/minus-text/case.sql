SELECT
  -'a' AS c1;
