CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json');
SELECT * FROM n;
