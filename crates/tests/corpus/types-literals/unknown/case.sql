-- Literals: unknown.
SELECT
  UNKNOWN AS c0;
