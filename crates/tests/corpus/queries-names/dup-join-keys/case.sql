CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (id INT, k STRING, w BIGINT, n DECIMAL(10,3), z VARCHAR(5)) WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
SELECT t.id, u.id AS uid FROM t JOIN u ON t.k = u.k AND t.k = u.k AND u.k = t.k;
