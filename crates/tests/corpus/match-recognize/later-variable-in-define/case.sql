CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t
MATCH_RECOGNIZE (
  PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, COUNT(A.id) AS nA, FIRST(B.id) AS fB, LAST(B.id) AS lB, COUNT(B.id) AS nB
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B) 
  DEFINE A AS B.p IS NULL, B AS B.p > A.p
) AS m;
