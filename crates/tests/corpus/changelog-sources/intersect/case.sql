CREATE TABLE p (id INT NOT NULL, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'p.json', 'format' = 'debezium-json');
CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT k, v FROM q INTERSECT SELECT k, v FROM p;
