CREATE TABLE t (i INT, v TIMESTAMP(3), x TIMESTAMP(6)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601');
SELECT * FROM t;
