CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 'nowhere', 'format' = 'csv');
CREATE VIEW w AS SELECT * FROM t;
CREATE VIEW x AS SELECT k FROM w;
ALTER TABLE t SET ('path' = 'in.json', 'format' = 'json');
SELECT * FROM x;
