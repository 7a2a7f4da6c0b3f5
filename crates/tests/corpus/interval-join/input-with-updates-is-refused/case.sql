CREATE TABLE l (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');

CREATE VIEW d AS SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM l) WHERE n = 1;
SELECT d.id, r.id AS rid FROM d JOIN r ON d.k = r.k AND d.ts BETWEEN r.ts AND r.ts + INTERVAL '1' SECOND;
