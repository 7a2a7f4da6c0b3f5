CREATE TABLE t (a INT, b STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.decode.json-parser.enabled' = 'false');
SELECT * FROM t;
