CREATE TABLE t (a INT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
