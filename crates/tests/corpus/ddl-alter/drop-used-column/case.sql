CREATE TABLE n (id INT, name STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
ALTER TABLE n ADD d AS id * 2;
ALTER TABLE n DROP id;
SELECT * FROM n;
