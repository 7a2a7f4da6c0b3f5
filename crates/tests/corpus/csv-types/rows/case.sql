CREATE TABLE t (i INT, r ROW<x INT, y STRING>) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT i, r, t.r.y AS y FROM t;
