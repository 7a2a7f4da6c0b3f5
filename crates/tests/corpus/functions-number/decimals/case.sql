CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  m + 1.5 AS c1,
  m - 1.5 AS c2,
  m * 2.25 AS c3,
  m / 2.25 AS c4,
  m / 3 AS c5,
  m + h AS c6,
  m * h AS c7,
  h / 3 AS c8,
  h * h AS c9,
  z * 1.5 AS c10,
  z / 7 AS c11,
  z + h AS c12,
  -h AS c13,
  ABS(h) AS c14,
  m > h AS c15,
  m = 2.5 AS c16,
  CAST(m AS DECIMAL(5, 1)) AS c17,
  CAST(h AS DECIMAL(10, 2)) AS c18,
  m * m * m AS c19,
  h + h + h AS c20,
  (m + 1) / (h + 1000000) AS c21
FROM t;
