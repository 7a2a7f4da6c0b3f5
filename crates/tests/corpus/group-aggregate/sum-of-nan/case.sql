CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, ti TINYINT, d DECIMAL(10, 2), f DOUBLE, r FLOAT, s STRING, b BOOLEAN,
  dt DATE, tm TIME(0), tl TIMESTAMP(6), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT SUM(x) AS s, MIN(x) AS mn, MAX(x) AS mx FROM (SELECT CASE WHEN v = 3 THEN CAST('NaN' AS DOUBLE) WHEN v = 4 THEN CAST('Infinity' AS DOUBLE) ELSE f END AS x FROM t);
