CREATE TABLE t (a STRING, b DOUBLE, c BYTES, d STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.decode.json-parser.enabled' = 'false');
SELECT * FROM t;
