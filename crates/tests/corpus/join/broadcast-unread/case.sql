CREATE TABLE t (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS n FROM t) WHERE n = 1;
CREATE VIEW u2 AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS n FROM t2) WHERE n = 1;
SELECT a.id FROM u AS a CROSS JOIN (SELECT COUNT(v) AS m FROM u2) AS b;
