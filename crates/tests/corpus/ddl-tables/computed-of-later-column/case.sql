CREATE TABLE n (d AS id * 2, id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT d, id FROM n;
