CREATE TABLE t (i INT, v STRING, d DECIMAL(5, 2)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
