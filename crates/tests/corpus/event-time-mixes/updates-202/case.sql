CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts DESC) AS n FROM t) WHERE n = 1;
SELECT k, MIN(ts) AS c0, MAX(s) AS c1, MAX(v) AS c2 FROM (SELECT id, k, v, d, s, ts FROM u UNION ALL SELECT id, k, v, d, s, CAST(ts AS TIMESTAMP(3)) AS ts FROM t WHERE v > 1) GROUP BY k;
