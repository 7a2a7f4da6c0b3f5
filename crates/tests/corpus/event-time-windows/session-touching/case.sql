CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT SESSION_START(ts, INTERVAL '3' SECOND) AS a, SESSION_END(ts, INTERVAL '3' SECOND) AS z, COUNT(*) AS c, SUM(v) AS s FROM t GROUP BY SESSION(ts, INTERVAL '3' SECOND);
