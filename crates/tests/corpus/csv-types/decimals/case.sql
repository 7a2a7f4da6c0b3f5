CREATE TABLE t (a DECIMAL(5, 2), b DECIMAL(38, 18)) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
