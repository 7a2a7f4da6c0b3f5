CREATE TABLE t (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
SELECT a.id, b.id AS id2 FROM t AS a JOIN (SELECT id, CAST(v AS BIGINT) AS w FROM t2) AS b ON a.v = b.w;
