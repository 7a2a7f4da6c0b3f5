CREATE TABLE t (a DECIMAL(5, 2)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
