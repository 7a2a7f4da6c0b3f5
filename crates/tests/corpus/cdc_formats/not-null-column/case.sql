CREATE TABLE t (id INT NOT NULL, name STRING NOT NULL) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
SELECT * FROM t;
