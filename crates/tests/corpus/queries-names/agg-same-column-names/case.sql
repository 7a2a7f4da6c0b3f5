CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT x.k, SUM(x.v) AS a, SUM(y.v) AS b2, MAX(x.id) AS c2, MAX(y.id) AS d2 FROM t AS x JOIN t AS y ON x.k = y.k GROUP BY x.k;
