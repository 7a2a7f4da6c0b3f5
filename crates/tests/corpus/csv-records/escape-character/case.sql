CREATE TABLE t (a INT, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv',
  'csv.escape-character' = '\');
SELECT * FROM t;
