CREATE TABLE n (id INT, PRIMARY KEY (id)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM n;
