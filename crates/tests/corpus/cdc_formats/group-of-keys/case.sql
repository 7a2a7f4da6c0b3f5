CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3), PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'canal-json');
SELECT id, COUNT(*) AS n, MIN(name) AS m, SUM(weight) AS w FROM t GROUP BY id;
