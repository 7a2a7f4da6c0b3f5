CREATE TABLE t (a ARRAY<INT>, b ARRAY<STRING>, c ARRAY<DECIMAL(4, 1)>) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
