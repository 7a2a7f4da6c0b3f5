CREATE TABLE t (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
SELECT a.id, a.k, b.id AS id2, b.v FROM t AS a RIGHT JOIN t2 AS b ON a.k = b.k;
