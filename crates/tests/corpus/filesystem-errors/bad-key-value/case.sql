CREATE TABLE t (v STRING, k INT) PARTITIONED BY (k) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
