CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t
MATCH_RECOGNIZE (
  PARTITION BY k
  ORDER BY ts
  MEASURES UPPER(A.c) AS a, CASE WHEN A.p > B.p THEN 'down' ELSE 'up' END AS way
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B) 
  DEFINE A AS UPPER(A.c) IN ('A', 'X'), B AS B.c LIKE 'b%' OR COALESCE(B.p, 0) > 3
) AS m;
