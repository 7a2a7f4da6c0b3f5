-- Rows of VALUES may differ in nullability, width and length of a column; the column has the type that holds all.
SELECT a, b, c, d FROM (VALUES
  (1, 'a', UPPER('x'), CAST(1.5 AS DECIMAL(6, 2))),
  (2, CAST(NULL AS STRING), 'yy', 2.25),
  (CAST(3 AS BIGINT), 'ccc', CAST('z' AS VARCHAR(7)), CAST(NULL AS DECIMAL(6, 2))),
  (CAST(NULL AS INT), 'dd', CAST(NULL AS STRING), 7)
) AS t(a, b, c, d);
