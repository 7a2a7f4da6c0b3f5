CREATE TABLE n (id INT, d AS id * 2, e AS d + 1) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT e FROM n;
