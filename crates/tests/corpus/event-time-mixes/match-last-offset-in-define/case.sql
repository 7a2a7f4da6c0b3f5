CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k, s ORDER BY pt MEASURES A.id AS aid, LAST(B.id) AS bid, C.id AS cid PATTERN (A B C) DEFINE A AS k LIKE '%a%' AND id > 0, B AS LAST(A.v, 2) IS NULL, C AS LAST(A.k) = 'a') AS T;
