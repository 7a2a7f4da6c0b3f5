CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, c LIKE 'ab' AS l, c = 'ab' AS e, c || '|' AS p, CHAR_LENGTH(c) AS n, c IN ('ab ', 'x') AS i FROM t;
