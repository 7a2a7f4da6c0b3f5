CREATE TABLE t (a INT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.fail-on-missing-field' = 'true',
  'json.ignore-parse-errors' = 'true');
SELECT * FROM t;
