CREATE TABLE t (v STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw',
  'raw.charset' = 'ISO-8859-1');
SELECT * FROM t;
