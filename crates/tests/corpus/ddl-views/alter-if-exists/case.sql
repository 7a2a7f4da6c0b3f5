CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
ALTER VIEW IF EXISTS w RENAME TO x;
SELECT * FROM t;
