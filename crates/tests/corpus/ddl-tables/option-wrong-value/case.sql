CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.ignore-parse-errors' = 'maybe');
SELECT * FROM n;
