CREATE TABLE t (n INT, id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, b BOOLEAN, f DOUBLE, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, del INT)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT x.n, y.n AS yn FROM (SELECT n, f FROM t WHERE n < 6) AS x JOIN (SELECT n, f FROM t WHERE n < 12) AS y ON x.f = y.f;
