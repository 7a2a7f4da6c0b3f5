CREATE TABLE n (id INT, UNIQUE (id)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM n;
