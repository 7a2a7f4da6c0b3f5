CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS n FROM t) WHERE n <= 3;
SELECT k, SESSION_START(ts, INTERVAL '3' SECOND) AS b, AVG(d) AS c0, COUNT(DISTINCT s) FILTER (WHERE v >= 1) AS c1, MIN(s) AS c2, MAX(id) AS c3 FROM u GROUP BY k, SESSION(ts, INTERVAL '3' SECOND);
