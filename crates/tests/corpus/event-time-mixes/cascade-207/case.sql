CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW a AS SELECT s, window_time AS rt, window_start AS ws, window_end AS we, COUNT(*) AS n, SUM(v) AS v, MAX(s) AS x FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) GROUP BY s, window_start, window_end, window_time;
SELECT s, TUMBLE_START(rt, INTERVAL '3' SECOND) AS b, TUMBLE_END(rt, INTERVAL '3' SECOND) AS e, SUM(n) AS s, COUNT(*) AS c, MIN(x) AS x FROM a GROUP BY s, TUMBLE(rt, INTERVAL '3' SECOND);
