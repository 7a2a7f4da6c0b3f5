CREATE TABLE t (i INT, v BYTES, w BINARY(3), x VARBINARY(2)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
