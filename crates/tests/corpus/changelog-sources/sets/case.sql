CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT k, b, COUNT(*) AS n, COUNT(DISTINCT v) AS m, MIN(w) AS lo, GROUPING_ID(k, b) AS g FROM q GROUP BY CUBE (k, b);
