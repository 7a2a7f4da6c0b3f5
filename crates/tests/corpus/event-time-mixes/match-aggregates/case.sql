CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES FIRST(id) AS startId, SUM(A.v) AS sa, SUM(A.v * 2 + 1) AS se, COUNT(A.d) AS cd, SUM(B.d) AS sb, AVG(B.d) AS ab, MAX(B.d) AS mb, MIN(A.s) AS ms, COUNT(*) AS n
ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A+ B+ C) DEFINE A AS SUM(A.v) < 5, B AS SUM(B.v) + SUM(A.v) < 12, C AS C.id > LAST(B.id)) AS T;
