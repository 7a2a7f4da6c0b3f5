CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, window_start, window_end, window_time, COUNT(DISTINCT v) AS d, COUNT(*) FILTER (WHERE v > 0) AS p, COUNT(DISTINCT v) FILTER (WHERE v > 0) AS q FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) GROUP BY k, window_start, window_end, window_time;
