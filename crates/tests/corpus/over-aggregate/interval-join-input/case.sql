CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  n INT NOT NULL, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT a.id, COUNT(*) OVER (PARTITION BY a.k ORDER BY a.ts) AS c
FROM t AS a JOIN t AS b2 ON a.id = b2.id AND a.ts BETWEEN b2.ts AND b2.ts + INTERVAL '1' SECOND;
