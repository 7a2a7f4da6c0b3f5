CREATE TABLE t (v STRING, k INT, n STRING METADATA FROM 'file.name') PARTITIONED BY (k) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
