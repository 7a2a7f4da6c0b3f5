CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT k, LISTAGG(s) AS l, LISTAGG(DISTINCT s, '|') AS m FROM q GROUP BY k;
