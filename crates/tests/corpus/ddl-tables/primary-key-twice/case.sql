CREATE TABLE n (id INT PRIMARY KEY NOT ENFORCED, name STRING, PRIMARY KEY (name) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM n;
