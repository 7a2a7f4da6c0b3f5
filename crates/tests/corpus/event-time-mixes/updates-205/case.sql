CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT COUNT(*) AS id, k, COUNT(v) AS v, SUM(d) AS d, s, MAX(ts) AS ts FROM t GROUP BY k, s;
SELECT n, MIN(m) AS c0 FROM (SELECT k, COUNT(*) AS n, MAX(v) AS m FROM u GROUP BY k) GROUP BY n;
