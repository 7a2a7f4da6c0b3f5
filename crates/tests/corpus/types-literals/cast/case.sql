-- Literals: cast.
SELECT
  CAST(NULL AS INT) AS c0;
