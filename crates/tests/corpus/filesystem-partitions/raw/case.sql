CREATE TABLE t (k INT, v STRING) PARTITIONED BY (k) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'raw');
SELECT * FROM t;
