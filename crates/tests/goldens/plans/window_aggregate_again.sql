CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE s (window_start TIMESTAMP(3), window_end TIMESTAMP(3), most BIGINT) WITH ('connector' = 'blackhole');
-- The table function is part of the first aggregate, which the filter does not hinder; the second one groups by windows that come with its rows.
INSERT INTO s SELECT window_start, window_end, MAX(c) FROM (
  SELECT k, window_start, window_end, COUNT(DISTINCT v) AS c
  FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) WHERE v > 3 GROUP BY k, window_start, window_end)
GROUP BY window_start, window_end;
