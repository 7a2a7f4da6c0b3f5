CREATE TABLE t (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
SELECT a.k, a.c, b.s FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) AS a LEFT JOIN (SELECT k, SUM(v) AS s FROM t2 GROUP BY k) AS b ON a.k = b.k;
