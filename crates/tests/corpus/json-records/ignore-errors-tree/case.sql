CREATE TABLE t (a INT, b ARRAY<INT>, c MAP<STRING, INT>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.ignore-parse-errors' = 'true',
  'json.decode.json-parser.enabled' = 'false');
SELECT * FROM t;
