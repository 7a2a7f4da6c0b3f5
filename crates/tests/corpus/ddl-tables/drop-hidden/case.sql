CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TEMPORARY TABLE n (name STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
DROP TABLE n;
SELECT * FROM n;
