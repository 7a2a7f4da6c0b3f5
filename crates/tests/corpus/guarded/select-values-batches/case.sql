CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id,
  IF(b = 0, 0, a / b) AS `if_divide`,
  IF(b IS NULL OR b = 0, CAST(NULL AS INT), 100 / b) AS `if_null`,
  CASE WHEN b = 0 THEN -1 WHEN b > 0 THEN a / b ELSE a / (b - 1) END AS `case_divide`,
  CASE b WHEN 0 THEN 'none' WHEN 2 THEN CAST(10 / b AS STRING) ELSE CAST(12 / b AS STRING) END AS `case_base`,
  CASE WHEN s SIMILAR TO '[0-9]+' THEN CAST(s AS INT) END AS `case_text`,
  a / NULLIF(b, 0) AS `nullif`,
  CASE WHEN b <> 0 THEN CASE WHEN a / b > 2 THEN 'many' ELSE 'few' END ELSE 'none' END AS `case_case`,
  1 + IF(b = 0, 0, 10 / b) * 2 AS `sum`,
  UPPER(IF(b = 0, 'x', CAST(a / b AS STRING))) AS `in_call`,
  CASE WHEN b <> 0 THEN ARRAY[a / b, a] ELSE ARRAY[0] END AS `row_field`,
  IF(a = 6 AND b = 2, 6 / b, 1) AS `unguarded_branch`
FROM g;
