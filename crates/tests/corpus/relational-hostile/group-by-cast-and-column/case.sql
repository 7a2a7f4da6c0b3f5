CREATE TABLE t (n INT, id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, b BOOLEAN, f DOUBLE, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, del INT)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT CAST(v AS STRING) AS a1, v, COUNT(*) AS c FROM t GROUP BY CAST(v AS STRING), v;
