CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, v - LAG(v) OVER (PARTITION BY k ORDER BY ts) AS diff, COALESCE(LAG(s, 2) OVER (PARTITION BY k ORDER BY ts), '-') AS l, LAG(v, 1, v) OVER (PARTITION BY k ORDER BY ts) AS p FROM t;
