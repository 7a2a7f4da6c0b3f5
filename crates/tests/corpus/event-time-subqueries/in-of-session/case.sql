CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, ts FROM t WHERE ts IN (SELECT a FROM (SELECT SESSION_START(ts, INTERVAL '2' SECOND) AS a FROM t GROUP BY SESSION(ts, INTERVAL '2' SECOND)) AS w);
