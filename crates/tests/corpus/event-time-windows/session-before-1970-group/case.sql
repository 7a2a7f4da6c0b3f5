CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, SESSION_START(ts, INTERVAL '3' SECOND) AS a, COUNT(*) AS c FROM t GROUP BY k, SESSION(ts, INTERVAL '3' SECOND);
