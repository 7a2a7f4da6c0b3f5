CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT COUNT(*) AS n, SUM(w) AS s, MIN(v) AS lo, AVG(d) AS a, COUNT(DISTINCT k) AS m FROM q;
