CREATE TABLE t (v INT) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw',
  'raw.endianness' = 'middle');
SELECT * FROM t;
