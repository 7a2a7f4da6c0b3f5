CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, window_start, window_end, MIN(DISTINCT v) AS x0, MAX(DISTINCT v) AS x1, MIN(DISTINCT s) AS x2, MAX(DISTINCT s) AS x3, MIN(DISTINCT d) AS x4, MAX(DISTINCT f) AS x5, MIN(DISTINCT b) AS x6 FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end;
