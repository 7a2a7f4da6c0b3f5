CREATE TABLE t (v STRING) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw',
  'raw.charset' = 'US-ASCII');
SELECT * FROM t;
