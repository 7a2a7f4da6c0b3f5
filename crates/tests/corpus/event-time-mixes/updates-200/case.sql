CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts ) AS n FROM t) WHERE n = 1;
SELECT id, MAX(id) AS c0, AVG(d) AS c1, COUNT(*) FILTER (WHERE v > 0) AS c2, MAX(s) AS c3 FROM u GROUP BY id;
