CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT window_start, window_end, window_time, k, MAX(d) AS c0, MAX(ts) AS c1 FROM TABLE(CUMULATE((SELECT id, k, v + 1 AS v, d, COALESCE(s, '-') AS s, ts FROM t), DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) WHERE v > -2 GROUP BY window_time, k, window_end, window_start;
