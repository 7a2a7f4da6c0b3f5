CREATE TABLE t (a INT, b STRING, c DOUBLE) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT c, a FROM t;
