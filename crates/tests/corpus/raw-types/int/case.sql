CREATE TABLE t (v INT) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw');
SELECT * FROM t;
