CREATE TABLE t (v STRING, k STRING) PARTITIONED BY (k) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
