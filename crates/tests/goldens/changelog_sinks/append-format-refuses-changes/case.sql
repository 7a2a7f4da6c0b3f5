CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
CREATE TABLE s (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO s SELECT * FROM t;
SELECT 1 AS done;
