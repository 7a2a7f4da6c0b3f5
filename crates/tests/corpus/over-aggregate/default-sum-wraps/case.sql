CREATE TABLE t (id STRING, k STRING, w INT, x DECIMAL(38, 2), y TINYINT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, SUM(w) OVER (PARTITION BY k ORDER BY ts) AS c0,
  AVG(w) OVER (PARTITION BY k ORDER BY ts) AS c1,
  SUM(x) OVER (PARTITION BY k ORDER BY ts) AS c2,
  AVG(x) OVER (PARTITION BY k ORDER BY ts) AS c3,
  SUM(y) OVER (PARTITION BY k ORDER BY ts) AS c4
FROM t;
