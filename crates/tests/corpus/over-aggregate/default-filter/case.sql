CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  n INT NOT NULL, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, COUNT(*) FILTER (WHERE v > 3) OVER (PARTITION BY k ORDER BY ts) AS c0,
  SUM(v) FILTER (WHERE b) OVER (PARTITION BY k ORDER BY ts) AS c1
FROM t;
