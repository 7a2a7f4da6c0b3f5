CREATE TABLE base WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
CREATE TABLE t (k INT, v STRING) LIKE base;
SELECT * FROM t;
