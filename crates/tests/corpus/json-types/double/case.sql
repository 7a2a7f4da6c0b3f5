CREATE TABLE t (i INT, v DOUBLE) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
