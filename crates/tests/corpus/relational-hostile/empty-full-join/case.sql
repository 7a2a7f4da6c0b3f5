CREATE TABLE t (n INT, id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, b BOOLEAN, f DOUBLE, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, del INT)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW e AS SELECT * FROM t WHERE n > 100;
SELECT t.id, e.id AS eid FROM t FULL JOIN e ON t.k = e.k;
