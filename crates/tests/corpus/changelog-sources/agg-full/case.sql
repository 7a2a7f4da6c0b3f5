CREATE TABLE p (id INT NOT NULL, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'p.json', 'format' = 'debezium-json');
CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SELECT x.k, COUNT(*) AS n, COUNT(DISTINCT y.v) AS m, SUM(y.d) AS s, MIN(y.w) AS lo, MAX(x.v) AS hi FROM p AS x FULL JOIN q AS y ON x.id = y.id GROUP BY x.k;
