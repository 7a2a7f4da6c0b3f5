CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t
MATCH_RECOGNIZE (
  PARTITION BY k
  ORDER BY ts
  MEASURES AVG(A.p) AS x, AVG(B.q) AS y
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A+ B+? C) 
  DEFINE A AS A.p <= AVG(A.p), B AS B.q > AVG(A.q), C AS C.p > AVG(B.p)
) AS m;
