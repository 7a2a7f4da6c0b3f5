CREATE TABLE p (id INT NOT NULL, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'p.json', 'format' = 'debezium-json');
CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT x.id, x.v, y.id AS id2, y.w FROM q AS x FULL JOIN p AS y ON x.id = y.id AND x.v <= y.w;
