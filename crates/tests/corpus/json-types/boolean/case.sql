CREATE TABLE t (i INT, v BOOLEAN) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
