CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'format' = 'json');
SELECT * FROM n;
