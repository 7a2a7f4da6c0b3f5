CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM (SELECT id AS i, k AS `the key`, c AS l, ts AS tm FROM t)
MATCH_RECOGNIZE (
  PARTITION BY `the key`
  ORDER BY tm
  MEASURES A.i AS a, B.i AS b
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B) 
  DEFINE A AS A.l = 'a', B AS B.l = 'b'
) AS m;
