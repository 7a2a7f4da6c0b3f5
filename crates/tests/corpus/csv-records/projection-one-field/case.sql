CREATE TABLE t (a STRING, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT a FROM t;
