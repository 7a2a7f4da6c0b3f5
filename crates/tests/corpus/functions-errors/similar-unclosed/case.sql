SELECT
  'a' SIMILAR TO '[a' AS c1;
