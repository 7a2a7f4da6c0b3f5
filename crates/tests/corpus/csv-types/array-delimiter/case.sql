CREATE TABLE t (a ARRAY<STRING>, b ROW<x INT, y STRING>) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv',
  'csv.array-element-delimiter' = '|');
SELECT * FROM t;
