CREATE TABLE t (v STRING) WITH (
  'connector' = 'filesystem', 'path' = 'missing', 'format' = 'json');
SELECT * FROM t;
