CREATE TABLE t (i INT, v TIMESTAMP_LTZ(3), w TIMESTAMP_LTZ(0), x TIMESTAMP_LTZ(6)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
