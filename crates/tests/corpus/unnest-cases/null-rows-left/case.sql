CREATE TABLE t (id INT, a ARRAY<ROW<x INT, y STRING>>) WITH ('connector'='filesystem','path'='input.json','format'='json');
SELECT id, u.x, u.y FROM t LEFT JOIN UNNEST(a) AS u(x, y) ON TRUE;
