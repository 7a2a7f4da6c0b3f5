-- Literals: true.
SELECT
  TRUE AS c0;
