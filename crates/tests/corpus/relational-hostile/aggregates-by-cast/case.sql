CREATE TABLE t (n INT, id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, b BOOLEAN, f DOUBLE, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, del INT)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, SUM(v) AS s1, SUM(CAST(v AS BIGINT)) AS s2, SUM(CAST(v AS DOUBLE)) AS s3, COUNT(DISTINCT v) AS c1, COUNT(DISTINCT CAST(v AS STRING)) AS c2 FROM t GROUP BY k;
