CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT id, rid, COUNT(*) OVER w AS c, SUM(rv) OVER w AS s FROM (SELECT l.id, l.k, l.v, l.ts AS lts, r.id AS rid, r.v AS rv, r.ts AS rts FROM t AS l RIGHT JOIN r ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL '3' SECOND AND l.ts + INTERVAL '3' SECOND) WINDOW w AS (PARTITION BY k, id, rid ORDER BY lts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW);
