CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  n INT NOT NULL, ts TIMESTAMP(3), pt AS PROCTIME())
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS c0
FROM t;
