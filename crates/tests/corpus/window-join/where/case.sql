CREATE TABLE l (id STRING, k STRING, v INT, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (id STRING, k STRING, v INT, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT L.id AS lid, L.k AS lk, L.v AS lv, L.window_start AS ls, L.window_end AS le, L.window_time AS lt,
  R.id AS rid, R.k AS rk, R.v AS rv, R.window_start AS rs, R.window_end AS re
FROM (SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '5' SECOND))) L,
(SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '5' SECOND))) R
WHERE L.k = R.k AND L.window_start = R.window_start AND L.window_end = R.window_end;
