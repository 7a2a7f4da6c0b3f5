CREATE TABLE t (a DECIMAL(5, 2), b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
