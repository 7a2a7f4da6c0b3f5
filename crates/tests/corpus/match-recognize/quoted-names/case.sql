CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t
MATCH_RECOGNIZE (
  PARTITION BY k
  ORDER BY ts
  MEASURES `first row`.id AS `the id`, `second row`.id AS b
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (`first row` `second row`) 
  DEFINE `first row` AS `first row`.c = 'a', `second row` AS `second row`.c = 'b'
) AS m;
