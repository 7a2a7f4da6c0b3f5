CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id AS a, CAST(1.5 AS DECIMAL(4, 1)) AS b, 'x' AS c FROM t UNION ALL SELECT CAST(9 AS BIGINT), CAST(2.25 AS DECIMAL(5, 2)), 'long';
