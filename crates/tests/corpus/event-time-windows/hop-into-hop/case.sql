CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT window_time AS rt, MAX(v) AS n FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, MIN(n) AS s, COUNT(*) AS c FROM TABLE(HOP(TABLE w, DESCRIPTOR(rt), INTERVAL '4' SECOND, INTERVAL '12' SECOND)) GROUP BY window_start, window_end;
