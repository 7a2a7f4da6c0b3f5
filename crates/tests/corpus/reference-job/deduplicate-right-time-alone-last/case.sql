CREATE TABLE l (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW j AS SELECT l.id AS lid, l.k AS k, l.ts AS lts, r.id AS rid, r.k AS rk, r.ts AS rts FROM l LEFT JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '9' SECOND;
SELECT rk, rid FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY rk ORDER BY rts DESC) AS n FROM j) WHERE n = 1;
