CREATE TABLE t (a STRING, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv',
  'csv.quote-character' = 'ab');
SELECT * FROM t;
