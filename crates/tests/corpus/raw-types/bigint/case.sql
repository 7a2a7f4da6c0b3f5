CREATE TABLE t (v BIGINT) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw');
SELECT * FROM t;
