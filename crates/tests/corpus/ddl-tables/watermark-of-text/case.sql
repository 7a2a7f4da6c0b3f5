CREATE TABLE n (name STRING, WATERMARK FOR name AS name) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT name FROM n;
