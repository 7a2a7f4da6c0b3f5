CREATE TABLE l (id STRING, k STRING, v INT, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (id STRING, k STRING, v INT, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT L.k AS lk, L.v AS lv, L.n AS lc, R.k AS rk, R.v AS rv, R.n AS rc
FROM (SELECT k, SUM(v) AS v, COUNT(*) AS n, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end, window_time) L
LEFT JOIN (SELECT k, SUM(v) AS v, COUNT(*) AS n, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end, window_time) R
ON L.k = R.k AND L.window_start = R.window_start AND L.window_end = R.window_end;
