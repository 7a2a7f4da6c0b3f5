CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
CREATE TABLE q2 (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q2.json', 'format' = 'debezium-json');
SELECT x.id, x.v, y.id AS id2, y.w FROM q AS x FULL JOIN q2 AS y ON x.id = y.id AND x.v <= y.w;
