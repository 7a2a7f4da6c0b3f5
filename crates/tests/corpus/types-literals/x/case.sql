-- Literals: x.
SELECT
  X'0aFF' AS c0,
  X'' AS c1,
  x'00' AS c2;
