CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS n FROM r) WHERE n = 1;
SELECT * FROM (SELECT l.id, l.k, l.v, l.ts, u.id AS i, u.v AS w, u.ts AS uts FROM (SELECT * FROM t WHERE v > 0) AS l LEFT JOIN u FOR SYSTEM_TIME AS OF l.ts ON l.k = u.k AND l.v = 1) WHERE w > 0 OR w IS NULL;
