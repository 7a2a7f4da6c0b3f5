CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t
MATCH_RECOGNIZE (
  PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, COUNT(A.id) AS nA, FIRST(B.id) AS fB, LAST(B.id) AS lB, COUNT(B.id) AS nB, FIRST(C.id) AS fC, LAST(C.id) AS lC, COUNT(C.id) AS nC
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A B+ C) 
  DEFINE A AS A.p > 2, B AS B.p BETWEEN MIN(A.p) AND MAX(A.p) + 3, C AS C.p > MAX(B.p)
) AS m;
