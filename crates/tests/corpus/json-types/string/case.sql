CREATE TABLE t (i INT, v STRING, c CHAR(3), w VARCHAR(4)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
