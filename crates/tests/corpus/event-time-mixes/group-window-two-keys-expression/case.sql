CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT UPPER(k) AS u, v > 1 AS b, TUMBLE_END(ts, INTERVAL '5' SECOND) AS e, COUNT(*) AS n FROM t GROUP BY UPPER(k), v > 1, TUMBLE(ts, INTERVAL '5' SECOND) HAVING COUNT(*) >= 1;
