CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT k, COUNT(*) FILTER (WHERE b) AS n, SUM(w) FILTER (WHERE v > 1) AS s, COUNT(DISTINCT w) FILTER (WHERE NOT b) AS m, AVG(d) AS a FROM q GROUP BY k;
