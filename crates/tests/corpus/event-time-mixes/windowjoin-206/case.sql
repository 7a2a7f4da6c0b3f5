CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT k, window_start, window_end, COUNT(*) AS n, SUM(rv) AS s FROM (SELECT l.k, r.v AS rv, l.window_start, l.window_end FROM (SELECT * FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '30' SECOND, INTERVAL '0' SECOND))) AS l LEFT JOIN (SELECT * FROM TABLE(CUMULATE(TABLE r, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '30' SECOND, INTERVAL '0' SECOND))) AS r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.s = r.s) GROUP BY k, window_start, window_end;
