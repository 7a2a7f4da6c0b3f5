-- Literals: typeof.
SELECT
  TYPEOF(CAST(X'0a' AS BYTES)) AS c0;
