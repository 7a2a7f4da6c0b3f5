CREATE TABLE t (i INT, a ARRAY<ROW<x INT, y STRING>>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, a, a[1].x AS first FROM t;
