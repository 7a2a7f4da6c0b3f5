CREATE TABLE n (id INT, name STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
ALTER TABLE IF EXISTS nosuch SET ('a' = 'b');
SELECT * FROM n;
