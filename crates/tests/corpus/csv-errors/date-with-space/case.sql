CREATE TABLE t (a DATE, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
