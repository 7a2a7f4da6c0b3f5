CREATE TABLE t (i INT, y TIMESTAMP(9), z TIMESTAMP_LTZ(9)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
