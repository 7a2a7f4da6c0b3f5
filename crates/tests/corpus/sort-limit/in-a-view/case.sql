CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, n SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  top INT, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW p AS SELECT id, v FROM t ORDER BY v DESC LIMIT 3;
SELECT id, v + 1 AS w FROM p;
