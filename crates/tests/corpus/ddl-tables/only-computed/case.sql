CREATE TABLE n (id AS 1) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM n;
