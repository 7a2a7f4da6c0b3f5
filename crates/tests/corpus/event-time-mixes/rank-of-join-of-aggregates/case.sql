CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM (SELECT a.k, a.n, b.m, ROW_NUMBER() OVER (PARTITION BY a.n ORDER BY b.m DESC, a.k) AS rn FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) a JOIN (SELECT k, MAX(v) AS m FROM t GROUP BY k) b ON a.k = b.k) WHERE rn <= 2;
