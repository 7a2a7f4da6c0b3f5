CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
WITH x AS (SELECT id, name FROM t), y AS (SELECT id + 1 AS i FROM x) SELECT i FROM y;
