CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, SESSION_END(ts, INTERVAL '4' SECOND) AS z, SUM(v) AS s FROM t WHERE b GROUP BY k, SESSION(ts, INTERVAL '4' SECOND);
