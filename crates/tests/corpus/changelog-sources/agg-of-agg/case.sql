CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT n, COUNT(*) AS c, SUM(s) AS s FROM (SELECT k, COUNT(*) AS n, SUM(w) AS s FROM q GROUP BY k) GROUP BY n;
