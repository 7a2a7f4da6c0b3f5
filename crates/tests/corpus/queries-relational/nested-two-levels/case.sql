CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (id INT, k STRING, w BIGINT, n DECIMAL(10,3), z VARCHAR(5)) WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.w > (SELECT MIN(v) FROM t AS x WHERE x.k = u.k));
