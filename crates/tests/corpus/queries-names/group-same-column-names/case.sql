CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT x.k AS xk, y.k AS yk, x.id AS xi, COUNT(*) AS c FROM t AS x LEFT JOIN t AS y ON x.v = y.v GROUP BY x.k, y.k, x.id;
