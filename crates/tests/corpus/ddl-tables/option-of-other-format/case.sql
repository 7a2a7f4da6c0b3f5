CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'csv.ignore-parse-errors' = 'true');
SELECT * FROM n;
