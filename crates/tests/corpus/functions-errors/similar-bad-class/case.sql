SELECT
  'a' SIMILAR TO '[[:NOPE:]]' AS c1;
