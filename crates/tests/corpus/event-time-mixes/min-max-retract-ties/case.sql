CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT m, COUNT(*) AS n, MIN(k) AS lo, MAX(k) AS hi, MIN(x) AS ml, MAX(x) AS mx FROM (SELECT k, s, MAX(v) AS m, SUM(v) AS x FROM t GROUP BY k, s) GROUP BY m;
