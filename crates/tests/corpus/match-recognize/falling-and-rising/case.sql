CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t
MATCH_RECOGNIZE (
  PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.p) AS a, LAST(B.p) AS low, C.p AS up, LAST(B.id, 1) AS before
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B+ C) 
  DEFINE A AS A.p > 3, B AS LAST(B.p, 1) IS NULL OR B.p < LAST(B.p, 1), C AS C.p > LAST(B.p)
) AS m;
