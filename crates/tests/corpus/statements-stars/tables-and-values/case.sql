CREATE TABLE t (i INT, s STRING, d DECIMAL(5,2), b BOOLEAN) WITH ('connector'='filesystem','path'='t.json','format'='json');
CREATE VIEW n AS SELECT i, s, CAST(ROW(i, ROW(s, d)) AS ROW<a INT, q ROW<x STRING, y DECIMAL(5,2)>>) AS rr, ROW(i, s) AS r, CAST(ARRAY[ROW(i, s)] AS ARRAY<ROW<f INT, g STRING>>) AS arn, MAP[s, i] AS m, ARRAY[i, 5] AS ai FROM t;
CREATE VIEW v AS TABLE t;
WITH q AS (VALUES 1, 2 + 3, (7)), w (x, y) AS (VALUES ROW(1, 2), (3, 4)) SELECT * FROM q UNION ALL SELECT x FROM w UNION ALL SELECT i FROM (TABLE v) UNION ALL VALUES 8, 9;
