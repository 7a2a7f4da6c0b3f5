CREATE TABLE t (i INT, v STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, v, CHAR_LENGTH(v) AS n FROM t;
