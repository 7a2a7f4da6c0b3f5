CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
WITH q AS (SELECT k, ts, v + 1 AS w FROM t) SELECT k, w, window_start FROM TABLE(TUMBLE(TABLE q, DESCRIPTOR(ts), INTERVAL '10' SECOND));
