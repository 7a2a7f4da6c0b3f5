CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t
MATCH_RECOGNIZE (
  PARTITION BY k
  ORDER BY ts
  MEASURES SUM(p) AS s, COUNT(*) AS n, MIN(A.p) AS m
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A{2,4}? B) 
  DEFINE A AS A.p < 8, B AS B.p >= 8
) AS m;
