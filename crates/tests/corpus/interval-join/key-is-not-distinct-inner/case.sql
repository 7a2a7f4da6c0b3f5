CREATE TABLE l (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT l.id AS lid, l.k AS lk, l.v AS lv, l.ts AS lts, r.id AS rid, r.k AS rk, r.v AS rv, r.ts AS rts
FROM l JOIN r ON l.k IS NOT DISTINCT FROM r.k AND l.ts BETWEEN r.ts - INTERVAL '4' SECOND AND r.ts + INTERVAL '4' SECOND;
