CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT l.id, r.id AS rid, l.k, r.v AS rv, l.window_start AS ws, r.window_end AS we FROM (SELECT k, window_start, window_end, COUNT(*) AS id, MAX(v) AS v FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '4' SECOND, INTERVAL '0' SECOND)) GROUP BY k, window_start, window_end) AS l LEFT JOIN (SELECT k, window_start, window_end, COUNT(*) AS id, MAX(v) AS v FROM TABLE(CUMULATE(TABLE r, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '4' SECOND, INTERVAL '0' SECOND)) GROUP BY k, window_start, window_end) AS r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k AND l.v < r.v;
