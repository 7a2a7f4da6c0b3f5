CREATE TABLE t (i INT, a MAP<STRING, INT>, b MAP<STRING, ARRAY<STRING>>, c MAP<STRING, MAP<STRING, BOOLEAN>>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
