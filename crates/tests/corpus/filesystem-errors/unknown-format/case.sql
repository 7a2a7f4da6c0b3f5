CREATE TABLE t (v STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'yaml');
SELECT * FROM t;
