CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW a AS SELECT k, window_time AS rt, window_start AS ws, window_end AS we, COUNT(*) AS n, SUM(v) AS v, MAX(s) AS x FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '4' SECOND)) GROUP BY k, window_start, window_end, window_time HAVING COUNT(*) > 1;
SELECT k, SESSION_START(rt, INTERVAL '1' SECOND) AS b, SESSION_END(rt, INTERVAL '1' SECOND) AS e, SUM(n) AS s, COUNT(*) AS c, MIN(x) AS x FROM a GROUP BY k, SESSION(rt, INTERVAL '1' SECOND);
