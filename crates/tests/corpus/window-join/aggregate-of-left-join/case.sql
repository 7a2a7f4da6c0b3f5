CREATE TABLE l (id STRING, k STRING, v INT, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (id STRING, k STRING, v INT, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT window_start, window_end, k, COUNT(*) AS n, SUM(rv) AS s
FROM (SELECT L.k AS k, L.window_start AS window_start, L.window_end AS window_end, R.v AS rv FROM (SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '5' SECOND))) L
LEFT JOIN (SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '5' SECOND))) R
ON L.k = R.k AND L.window_start = R.window_start AND L.window_end = R.window_end)
GROUP BY window_start, window_end, k;
