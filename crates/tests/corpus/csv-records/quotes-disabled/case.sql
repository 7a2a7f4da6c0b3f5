CREATE TABLE t (a INT, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv',
  'csv.disable-quote-character' = 'true');
SELECT * FROM t;
