CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, x, SUM(x) OVER (PARTITION BY k ORDER BY ts ROWS 2 PRECEDING) AS a FROM t CROSS JOIN UNNEST(ARRAY[1, id]) AS u (x);
