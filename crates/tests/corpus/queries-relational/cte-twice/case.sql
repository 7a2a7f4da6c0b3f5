CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
WITH g AS (SELECT k, SUM(v) AS s FROM t GROUP BY k) SELECT a.k, b.s FROM g AS a JOIN g AS b ON a.s = b.s;
