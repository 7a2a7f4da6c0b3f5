CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES SUM(A.v) AS sa, COUNT(B.v) AS cb, AVG(A.d) AS aa, MAX(B.s) AS xb ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A+? B*? C) DEFINE A AS A.v IS NULL, C AS C.v > 1) AS T;
