CREATE TABLE t (a BIGINT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
