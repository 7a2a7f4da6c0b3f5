CREATE TABLE p (id INT NOT NULL, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'p.json', 'format' = 'debezium-json');
SELECT x.id, y.id AS id2 FROM p AS x LEFT JOIN p AS y ON x.v = y.id;
