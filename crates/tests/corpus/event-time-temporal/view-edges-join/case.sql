CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (k STRING, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW versions AS SELECT k, x, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM r) WHERE n = 1;
SELECT t.id, r.x FROM t JOIN versions FOR SYSTEM_TIME AS OF t.ts AS r ON t.k = r.k;
