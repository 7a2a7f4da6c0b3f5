CREATE TABLE t (v STRING) WITH ('connector' = 'filesystem', 'path' = 't.json');
SELECT * FROM t;
