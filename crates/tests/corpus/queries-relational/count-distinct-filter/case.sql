CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT COUNT(DISTINCT v) FILTER (WHERE b) AS a, COUNT(DISTINCT v) AS x, COUNT(DISTINCT k) FILTER (WHERE v > 5) AS y, SUM(DISTINCT v) AS z FROM t;
