CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, window_start, window_end, AVG(v) AS x0, AVG(l) AS x1, AVG(d) AS x2, AVG(f) AS x3, AVG(v) FILTER (WHERE sm > 0 OR b) AS x4, AVG(l) FILTER (WHERE sm > 0 OR b) AS x5, AVG(d) FILTER (WHERE sm > 0 OR b) AS x6, AVG(f) FILTER (WHERE sm > 0 OR b) AS x7 FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
