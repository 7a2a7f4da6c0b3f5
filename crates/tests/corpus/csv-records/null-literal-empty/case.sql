CREATE TABLE t (a INT, b STRING, c DOUBLE) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv',
  'csv.null-literal' = '');
SELECT * FROM t;
