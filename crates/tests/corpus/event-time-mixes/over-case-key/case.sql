CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, SUM(v) OVER (PARTITION BY CASE WHEN v > 1 THEN 'x' ELSE s END ORDER BY ts ROWS 3 PRECEDING) AS a FROM t;
