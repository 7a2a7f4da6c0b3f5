CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, CAST(TUMBLE_START(ts, INTERVAL '10' SECOND) AS STRING) || '-' AS a, COUNT(*) + 1 AS c FROM t GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND);
