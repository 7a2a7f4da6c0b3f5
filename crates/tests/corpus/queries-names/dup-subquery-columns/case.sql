CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM (SELECT id, id AS id2, v AS id3 FROM t) WHERE id2 > 2;
