SET 'table.optimizer.distinct-agg.split.enabled' = 'true';
CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, window_start, COUNT(DISTINCT v) AS d, COUNT(DISTINCT s) AS e, SUM(DISTINCT v) AS f, COUNT(*) AS n, MAX(d) AS m FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
