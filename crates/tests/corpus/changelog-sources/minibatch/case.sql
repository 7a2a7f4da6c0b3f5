CREATE TABLE p (id INT NOT NULL, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'p.json', 'format' = 'debezium-json');
CREATE TABLE q (id INT, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'q.json', 'format' = 'debezium-json');
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '3';
SELECT x.k, COUNT(*) AS n, SUM(y.w) AS s FROM p AS x FULL JOIN q AS y ON x.id = y.id GROUP BY x.k;
