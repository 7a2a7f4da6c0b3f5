CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT s.k FROM (WITH x AS (SELECT id AS k FROM t) SELECT k FROM x WHERE k < 3) AS s;
