CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT T.aid, T.bid, T.cid FROM t MATCH_RECOGNIZE (ORDER BY pt MEASURES `A"`.id AS aid, `l`.id AS bid, C.id AS cid PATTERN (`A"` `l` C) DEFINE `A"` AS v > 0, `l` AS s IS NOT NULL, C AS k = 'a') AS T;
