CREATE TABLE t (a INT, b STRING, c ARRAY<STRING>) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv',
  'csv.null-literal' = 'NULL');
SELECT * FROM t;
