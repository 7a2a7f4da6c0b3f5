CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
CREATE TABLE s (name STRING, n BIGINT, PRIMARY KEY (name) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'ogg-json');
INSERT INTO s SELECT COALESCE(name, '-'), COUNT(*) FROM t GROUP BY COALESCE(name, '-');
CREATE TABLE r (name STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'ogg-json');
SELECT * FROM r;
