CREATE TABLE t (a MAP<STRING, INT>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
