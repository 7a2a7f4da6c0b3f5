CREATE TABLE t (a FLOAT, b DOUBLE) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
