CREATE TABLE t (a STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT CHAR_LENGTH(a) AS n FROM t;
