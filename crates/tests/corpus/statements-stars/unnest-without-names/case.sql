CREATE TABLE t (i INT, s STRING, d DECIMAL(5,2), b BOOLEAN) WITH ('connector'='filesystem','path'='t.json','format'='json');
CREATE VIEW n AS SELECT i, s, CAST(ROW(i, ROW(s, d)) AS ROW<a INT, q ROW<x STRING, y DECIMAL(5,2)>>) AS rr, ROW(i, s) AS r, CAST(ARRAY[ROW(i, s)] AS ARRAY<ROW<f INT, g STRING>>) AS arn, MAP[s, i] AS m, ARRAY[i, 5] AS ai FROM t;
SELECT i, f, g, KEY, `VALUE`, u.* FROM n CROSS JOIN UNNEST(arn) CROSS JOIN UNNEST(m) LEFT JOIN UNNEST(ARRAY[i, 7]) AS u ON TRUE;
