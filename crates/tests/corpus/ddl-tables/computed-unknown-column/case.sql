CREATE TABLE n (id INT, d AS idd * 2) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT d FROM n;
