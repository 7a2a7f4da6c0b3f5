CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3), pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
SELECT SUM(weight) OVER (ORDER BY pt) AS s FROM t;
