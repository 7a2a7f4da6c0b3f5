CREATE TABLE t (a TIMESTAMP(3)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
