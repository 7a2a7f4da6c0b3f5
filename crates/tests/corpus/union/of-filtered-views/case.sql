CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
CREATE VIEW a AS SELECT id, k FROM t WHERE v > 3;
CREATE VIEW b AS SELECT id, k FROM u WHERE v < 7;
SELECT * FROM (SELECT * FROM a UNION ALL SELECT * FROM b) WHERE k IS NOT NULL;
