-- Literals: e.
SELECT
  1E2 AS c0,
  1.5e-3 AS c1;
