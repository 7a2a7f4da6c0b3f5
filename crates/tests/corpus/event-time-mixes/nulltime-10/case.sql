CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW p AS SELECT t.id, t.k, t.v, t.d, t.s, t.ts AS lts, r.ts AS ts, r.id AS rid FROM t LEFT JOIN r ON t.k = r.k AND t.v = r.v AND r.ts BETWEEN t.ts - INTERVAL '10' SECOND AND t.ts + INTERVAL '10' SECOND;
SELECT k, MAX(d) AS c0, COUNT(DISTINCT k) AS c1 FROM p GROUP BY k;
