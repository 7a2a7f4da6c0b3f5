CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM (SELECT k, MAX(ts) AS ts FROM t GROUP BY k) MATCH_RECOGNIZE (ORDER BY ts MEASURES A.k AS a PATTERN (A) DEFINE A AS A.k = 'a') AS m;
