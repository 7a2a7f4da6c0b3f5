CREATE TABLE t (a STRING, b STRING, c STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT b, c FROM t;
