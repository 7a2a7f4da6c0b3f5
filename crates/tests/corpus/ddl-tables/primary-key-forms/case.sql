CREATE TABLE n (id INT PRIMARY KEY NOT ENFORCED COMMENT 'k', name STRING) COMMENT 'n' WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE m (id INT, name STRING, CONSTRAINT c1 PRIMARY KEY (id, name) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, TYPEOF(id) AS a FROM n UNION ALL SELECT id, TYPEOF(id) FROM m WHERE id < 3;
