CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
SELECT k FROM (t);
