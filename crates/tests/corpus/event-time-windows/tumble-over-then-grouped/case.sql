CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT k, v, window_start, window_end, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND));
SELECT window_start, window_end, MAX(s) AS m, COUNT(*) AS c FROM w GROUP BY window_start, window_end;
