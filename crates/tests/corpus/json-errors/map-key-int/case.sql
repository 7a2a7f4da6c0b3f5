CREATE TABLE t (a MAP<INT, INT>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
