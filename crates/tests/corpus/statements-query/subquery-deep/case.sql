CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT a FROM (SELECT b AS a FROM (SELECT c AS b FROM (SELECT d AS c FROM (SELECT id AS d FROM t))));
