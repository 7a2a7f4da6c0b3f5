CREATE TABLE t (a BYTES, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
