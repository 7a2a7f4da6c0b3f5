CREATE TABLE p2 (id INT NOT NULL, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'p2.json', 'format' = 'debezium-json');
CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
CREATE TABLE q2 (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q2.json', 'format' = 'debezium-json');
SELECT x.id, y.id AS id2, z.id AS id3 FROM q AS x RIGHT JOIN p2 AS y ON x.v = y.w FULL JOIN q2 AS z ON y.k = z.k;
