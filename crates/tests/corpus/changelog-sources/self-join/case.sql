CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT x.id, y.id AS id2 FROM q AS x JOIN q AS y ON x.k = y.k AND x.v < y.v;
