CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3), PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
CREATE TABLE u (id INT, qty INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'maxwell-json');
SELECT t.id, t.name, u.qty FROM t LEFT JOIN u ON t.id = u.id;
