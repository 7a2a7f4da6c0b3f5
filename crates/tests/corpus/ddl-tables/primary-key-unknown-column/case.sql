CREATE TABLE n (id INT, PRIMARY KEY (idd) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM n;
