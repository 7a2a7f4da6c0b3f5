CREATE TABLE t (a ROW<x ROW<y INT>>, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
