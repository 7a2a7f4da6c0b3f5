CREATE TABLE t (v STRING) PARTITIONED BY (k) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
