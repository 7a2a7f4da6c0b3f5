CREATE TABLE t (a ARRAY<INT>, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
