CREATE TABLE t (a INT, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv',
  'csv.field-delimiter' = '\t');
SELECT * FROM t;
