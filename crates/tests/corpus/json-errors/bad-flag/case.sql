CREATE TABLE t (a INT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.ignore-parse-errors' = 'maybe');
SELECT * FROM t;
