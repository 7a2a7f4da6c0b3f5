CREATE TABLE t (i INT, r ROW<x INT, y ROW<z STRING, w ARRAY<INT>>, d DECIMAL(4, 1)>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, r, t.r.x AS x, t.r.y.z AS z FROM t;
