CREATE TABLE t (k INT, v STRING, j STRING) PARTITIONED BY (k, j) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'csv');
SELECT * FROM t;
