CREATE TABLE t (n INT, id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, b BOOLEAN, f DOUBLE, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, del INT)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (n INT, id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, b BOOLEAN, f DOUBLE, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, del INT)
WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
CREATE VIEW u AS SELECT n, id, k, v, d, s, b, f, a, m, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY n DESC) AS rn FROM t) WHERE rn = 1 AND del = 0;
CREATE VIEW w AS SELECT n, id, k, v, d, s, b, f, a, m, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY n DESC) AS rn FROM t2) WHERE rn = 1 AND del = 0;
SELECT * FROM (SELECT id, v FROM u UNION ALL SELECT id, v FROM w) ORDER BY v DESC, id LIMIT 4;
