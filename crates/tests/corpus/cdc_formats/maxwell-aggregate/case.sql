CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'maxwell-json');
SELECT COUNT(*) AS n, SUM(weight) AS w, MAX(name) AS m FROM t;
