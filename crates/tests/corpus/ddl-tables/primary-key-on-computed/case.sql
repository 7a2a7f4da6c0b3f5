CREATE TABLE n (id INT, d AS id, PRIMARY KEY (d) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM n;
