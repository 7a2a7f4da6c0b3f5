CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TEMPORARY TABLE n (name STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM n;
DROP TEMPORARY TABLE n;
SELECT * FROM n;
