-- Literals: time.
SELECT
  TIME '12:34:56' AS c0,
  TIME '12:34:56.789' AS c1,
  TIME '12:34:56.789123' AS c2,
  TIME '1:2:3' AS c3;
