CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  COALESCE(i, 0) AS c1,
  COALESCE(i, b, 5) AS c2,
  COALESCE(CAST(NULL AS INT), i) AS c3,
  COALESCE(m, 0) AS c4,
  COALESCE(ti, 1000) AS c5,
  COALESCE(d, m) AS c6,
  IFNULL(i, -1) AS c7,
  IFNULL(m, 1.234) AS c8,
  IFNULL(CAST(NULL AS STRING), 'abc') AS c9,
  NULLIF(i, 0) AS c10,
  NULLIF(i, 1) AS c11,
  NULLIF(m, 1) AS c12,
  NULLIF(b, ti) AS c13,
  NULLIF(d, 0) AS c14,
  IF(i > 0, 'positive', 'no') AS c15,
  IF(i > 0, 'a', 'bcd') AS c16,
  IF(i > 0, i, b) AS c17,
  IF(i > 0, m, h) AS c18,
  IF(i > 0, m, 0) AS c19,
  IF(i > 0, 1, 2.5) AS c20,
  IF(i IS NULL, CAST(NULL AS INT), i) AS c21,
  IF(i > 0, DATE '2020-01-01', DATE '2021-01-01') AS c22,
  IF(i > 0, TRUE, FALSE) AS c23,
  IF(i > 0, d, i) AS c24
FROM t;
