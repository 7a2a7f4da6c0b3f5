CREATE TABLE n (id INT NOT NULL, name STRING NULL) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, TYPEOF(id) AS a, TYPEOF(name) AS b FROM n;
