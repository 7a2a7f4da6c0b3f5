CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
DROP TABLE n;
DROP TABLE IF EXISTS n;
CREATE TABLE n (name STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM n;
