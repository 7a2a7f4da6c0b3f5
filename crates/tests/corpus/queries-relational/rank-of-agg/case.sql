CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM (SELECT k, s, ROW_NUMBER() OVER (ORDER BY s DESC) AS rn FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k)) WHERE rn <= 2;
