CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT COUNT(v) * 1.0 / COUNT(*) AS x, SUM(v) / COUNT(*) AS y, MAX(v) - MIN(v) AS z FROM t;
