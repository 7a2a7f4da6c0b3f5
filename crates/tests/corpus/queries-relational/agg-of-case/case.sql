CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, SUM(CASE WHEN b THEN v ELSE 0 END) AS s, AVG(n) AS a, AVG(v) AS av, MAX(c) AS m, MIN(ts) AS mt FROM t GROUP BY k;
