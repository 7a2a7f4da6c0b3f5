CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'canal-json', 'canal-json.ignore-parse-errors' = 'true');
SELECT * FROM t;
