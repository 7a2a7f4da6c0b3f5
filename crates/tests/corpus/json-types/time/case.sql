CREATE TABLE t (i INT, v TIME, w TIME(3)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
