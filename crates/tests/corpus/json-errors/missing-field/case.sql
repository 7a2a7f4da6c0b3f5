CREATE TABLE t (a INT, b INT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.fail-on-missing-field' = 'true');
SELECT * FROM t;
