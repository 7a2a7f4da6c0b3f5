CREATE TABLE t (a STRING, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'csv');
SELECT * FROM t;
