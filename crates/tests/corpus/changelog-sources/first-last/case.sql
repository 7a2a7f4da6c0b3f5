CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT k, FIRST_VALUE(v) AS f, LAST_VALUE(v) AS l FROM q GROUP BY k;
