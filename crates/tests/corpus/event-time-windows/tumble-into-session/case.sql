CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT k, window_time AS rt, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end, window_time;
SELECT k, SESSION_START(rt, INTERVAL '5' SECOND) AS a, SESSION_END(rt, INTERVAL '5' SECOND) AS z, SUM(n) AS s FROM w GROUP BY k, SESSION(rt, INTERVAL '5' SECOND);
