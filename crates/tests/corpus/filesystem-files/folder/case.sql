CREATE TABLE t (a INT) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
