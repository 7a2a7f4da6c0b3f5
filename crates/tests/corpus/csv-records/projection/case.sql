CREATE TABLE t (a INT, b STRING, c STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT c, b FROM t;
