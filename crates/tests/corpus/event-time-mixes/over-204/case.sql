CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, COUNT(*) AS n, SUM(id) AS i, MAX(c0) AS m FROM (SELECT id, k, MAX(ts) OVER w AS c0, STDDEV_POP(v) OVER w AS c1 FROM t WINDOW w AS (PARTITION BY v ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)) GROUP BY k;
