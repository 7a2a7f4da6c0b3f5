CREATE TABLE t (id INT, k STRING, v INT, n DECIMAL(8,2), d DOUBLE, ts TIMESTAMP(3), b BOOLEAN, a ARRAY<INT>, r ROW<x INT, y STRING>, c CHAR(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, CASE k WHEN 'a' THEN 1 WHEN 'b' THEN CAST(2 AS BIGINT) END AS x, CASE WHEN v > 10 THEN k END AS y FROM t;
