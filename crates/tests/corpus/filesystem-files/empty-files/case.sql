CREATE TABLE t (a INT) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'csv');
SELECT * FROM t;
