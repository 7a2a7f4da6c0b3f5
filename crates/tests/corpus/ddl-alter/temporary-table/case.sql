CREATE TABLE n (id INT, name STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TEMPORARY TABLE tmp (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
ALTER TABLE tmp ADD x INT;
SELECT * FROM n;
