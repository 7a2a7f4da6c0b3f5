CREATE TABLE t (a INT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.timestamp-format.standard' = 'RFC');
SELECT * FROM t;
