CREATE TABLE t (v TIMESTAMP(3)) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw');
SELECT * FROM t;
