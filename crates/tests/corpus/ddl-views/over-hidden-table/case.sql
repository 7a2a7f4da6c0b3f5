CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 'nowhere', 'format' = 'csv');
CREATE VIEW w AS SELECT v FROM t;
CREATE VIEW x AS SELECT v FROM w;
CREATE TEMPORARY TABLE t (k INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
SELECT * FROM x;
