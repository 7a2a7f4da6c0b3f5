CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, window_start, window_end, SUM(v) AS x0, SUM(l) AS x1, SUM(sm) AS x2, SUM(d) AS x3, SUM(f) AS x4, SUM(v) FILTER (WHERE sm > 0 OR b) AS x5, SUM(l) FILTER (WHERE sm > 0 OR b) AS x6, SUM(sm) FILTER (WHERE sm > 0 OR b) AS x7, SUM(d) FILTER (WHERE sm > 0 OR b) AS x8, SUM(f) FILTER (WHERE sm > 0 OR b) AS x9 FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end;
