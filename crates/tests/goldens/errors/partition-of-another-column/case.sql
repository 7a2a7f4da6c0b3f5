CREATE TABLE t (a INT, k STRING) PARTITIONED BY (k)
WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'csv');
ALTER TABLE t ADD PARTITION (a = 1);
