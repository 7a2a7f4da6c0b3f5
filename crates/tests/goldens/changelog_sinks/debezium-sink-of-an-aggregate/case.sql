CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
CREATE TABLE s (name STRING, n BIGINT, w DECIMAL(38, 3)) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'debezium-json');
INSERT INTO s SELECT name, COUNT(*), SUM(weight) FROM t GROUP BY name;
CREATE TABLE r (name STRING, n BIGINT, w DECIMAL(38, 3)) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'debezium-json');
SELECT * FROM r;
