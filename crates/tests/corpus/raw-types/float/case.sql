CREATE TABLE t (v FLOAT) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw');
SELECT * FROM t;
