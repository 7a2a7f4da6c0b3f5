CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  n INT NOT NULL, ts TIMESTAMP(3), pt AS PROCTIME())
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, COUNT(*) OVER (ORDER BY pt) AS c0,
  COUNT(v) OVER (ORDER BY pt) AS c1,
  SUM(v) OVER (ORDER BY pt) AS c2,
  MIN(v) OVER (ORDER BY pt) AS c3,
  MAX(v) OVER (ORDER BY pt) AS c4,
  FIRST_VALUE(id) OVER (ORDER BY pt) AS c5,
  LAST_VALUE(s) OVER (ORDER BY pt) AS c6
FROM t;
