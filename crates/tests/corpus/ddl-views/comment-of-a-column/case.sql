CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
CREATE VIEW w (a COMMENT 'x', b) AS SELECT k, v FROM t;
SELECT * FROM w;
