CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
CREATE TABLE q2 (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q2.json', 'format' = 'debezium-json');
SELECT x.id, y.id AS id2 FROM q AS x, q2 AS y WHERE x.v = y.v AND x.k <> y.k;
