CREATE TABLE t (v STRING) WITH ('connector' = 'filesystem', 'format' = 'json');
SELECT * FROM t;
