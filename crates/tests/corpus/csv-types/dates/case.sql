CREATE TABLE t (i INT, v DATE) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
