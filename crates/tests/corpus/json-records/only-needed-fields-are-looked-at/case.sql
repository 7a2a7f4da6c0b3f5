CREATE TABLE t (a INT, b STRING, c INT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT b FROM t;
