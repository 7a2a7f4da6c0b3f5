CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT A.id FROM t AS a;
