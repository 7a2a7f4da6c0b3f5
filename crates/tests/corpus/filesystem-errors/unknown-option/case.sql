CREATE TABLE t (v STRING) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json',
  'no-such-option' = 'x');
SELECT * FROM t;
