CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
CREATE VIEW a AS SELECT id, k, ts FROM t UNION ALL SELECT id, k, ts FROM u;
SELECT a.id, t.id AS tid FROM a JOIN t ON a.k = t.k AND a.ts BETWEEN t.ts - INTERVAL '3' SECOND AND t.ts + INTERVAL '3' SECOND;
