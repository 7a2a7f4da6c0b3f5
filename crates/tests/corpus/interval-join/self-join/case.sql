CREATE TABLE l (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');

SELECT a.id AS aid, b.id AS bid, a.ts AS ats FROM l a LEFT JOIN l b ON a.k = b.k AND b.ts BETWEEN a.ts + INTERVAL '1' SECOND AND a.ts + INTERVAL '5' SECOND;
