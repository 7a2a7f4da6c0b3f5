CREATE TABLE p (id INT NOT NULL, k STRING, v INT, w BIGINT, d DECIMAL(6, 2), s STRING, b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'p.json', 'format' = 'debezium-json');
SELECT k, JSON_OBJECTAGG(KEY CAST(id AS STRING) VALUE v) AS j FROM p GROUP BY k;
