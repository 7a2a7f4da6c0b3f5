CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT COUNT(*) AS id, k, COUNT(v) AS v, SUM(d) AS d, s, MAX(ts) AS ts FROM t GROUP BY k, s;
SELECT x.id, x.k, x.v, y.id AS i, y.s FROM u x FULL JOIN u y ON x.k = y.k AND x.v <> y.v;
