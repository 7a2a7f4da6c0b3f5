CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW a AS SELECT v, window_time AS rt, window_start AS ws, window_end AS we, COUNT(*) AS n, SUM(v) AS v, MAX(s) AS x FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY v, window_start, window_end, window_time;
SELECT TUMBLE_START(rt, INTERVAL '5' SECOND) AS b, TUMBLE_END(rt, INTERVAL '5' SECOND) AS e, SUM(n) AS s, COUNT(*) AS c, MIN(x) AS x FROM a GROUP BY TUMBLE(rt, INTERVAL '5' SECOND);
