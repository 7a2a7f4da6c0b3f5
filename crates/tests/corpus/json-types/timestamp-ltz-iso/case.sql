CREATE TABLE t (i INT, v TIMESTAMP_LTZ(3)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601');
SELECT * FROM t;
