CREATE TABLE t (n INT, id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, b BOOLEAN, f DOUBLE, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, del INT)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, SUM(CAST(v AS BIGINT)) AS s FROM t GROUP BY k HAVING SUM(CAST(v AS BIGINT)) > 2 AND SUM(v) <> 0;
