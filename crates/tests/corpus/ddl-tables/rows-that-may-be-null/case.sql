CREATE TABLE t (a ROW<x INT NOT NULL, y STRING>, b ROW<x INT NOT NULL> NOT NULL, c ARRAY<ROW<x INT NOT NULL> NOT NULL>, d MAP<STRING NOT NULL, ROW<x INT NOT NULL>>) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT TYPEOF(a) AS a, TYPEOF(b) AS b, TYPEOF(c) AS c, TYPEOF(d) AS d, a.x AS x, b.x AS y FROM t;
