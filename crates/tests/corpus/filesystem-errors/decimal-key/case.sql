CREATE TABLE t (v STRING, k DECIMAL(5, 2)) PARTITIONED BY (k) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
