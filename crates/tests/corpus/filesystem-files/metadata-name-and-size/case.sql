CREATE TABLE t (v STRING, n STRING METADATA FROM 'file.name', `file.size` BIGINT NOT NULL METADATA) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'csv');
SELECT v, n, `file.size` AS s FROM t;
