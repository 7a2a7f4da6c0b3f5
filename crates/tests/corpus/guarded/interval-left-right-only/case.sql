CREATE TABLE l (
  id INT, k STRING, a INT, b INT, s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (
  id INT, k STRING, a INT, b INT, s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT l.id AS lid, r.id AS rid, l.a / NULLIF(r.b, 0) AS q
FROM l LEFT JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '4' SECOND AND r.ts + INTERVAL '4' SECOND AND (r.b = 0 OR 8 / r.b > 1) AND l.a > r.b;
