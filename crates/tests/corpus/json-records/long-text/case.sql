CREATE TABLE t (a INT, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT a, CHAR_LENGTH(b) AS n FROM t;
