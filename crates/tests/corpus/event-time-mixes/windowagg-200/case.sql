CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT window_start, window_end, MAX(n) AS m, COUNT(*) AS c FROM (SELECT k, s, window_start, window_end, COUNT(*) AS n FROM TABLE(CUMULATE((SELECT * FROM t WHERE v IS NOT NULL OR s = 'x'), DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '6' SECOND)) GROUP BY k, s, window_start, window_end) GROUP BY window_start, window_end;
