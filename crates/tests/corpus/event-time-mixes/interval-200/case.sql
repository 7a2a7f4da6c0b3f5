CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT HOP_START(lts, INTERVAL '2' SECOND, INTERVAL '4' SECOND) AS b, COUNT(*) AS n, SUM(id) AS s FROM (SELECT l.id, l.k, l.v, l.ts AS lts, r.id AS rid, r.v AS rv, r.ts AS rts FROM (SELECT * FROM t WHERE s IS NOT NULL) AS l LEFT JOIN r ON l.k = r.k AND r.ts >= l.ts - INTERVAL '3' SECOND AND r.ts < l.ts + INTERVAL '3' SECOND AND r.v IS NOT NULL) GROUP BY HOP(lts, INTERVAL '2' SECOND, INTERVAL '4' SECOND);
