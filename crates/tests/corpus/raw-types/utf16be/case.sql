CREATE TABLE t (v STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw',
  'raw.charset' = 'UTF-16BE');
SELECT * FROM t;
