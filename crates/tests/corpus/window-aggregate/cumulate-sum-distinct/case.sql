CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, window_start, window_end, SUM(DISTINCT v) AS x0, SUM(DISTINCT l) AS x1, SUM(DISTINCT sm) AS x2, SUM(DISTINCT d) AS x3, SUM(DISTINCT f) AS x4 FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end;
