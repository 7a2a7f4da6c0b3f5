CREATE TABLE t (v DECIMAL(5, 2)) WITH (
  'connector' = 'filesystem', 'path' = 't.bin', 'format' = 'raw');
SELECT * FROM t;
