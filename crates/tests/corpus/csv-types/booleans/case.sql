CREATE TABLE t (a BOOLEAN, b INT) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
