CREATE TABLE t (v TINYINT) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw');
SELECT * FROM t;
