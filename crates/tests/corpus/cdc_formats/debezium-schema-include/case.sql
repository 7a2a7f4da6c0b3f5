CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json', 'debezium-json.schema-include' = 'true');
SELECT * FROM t;
