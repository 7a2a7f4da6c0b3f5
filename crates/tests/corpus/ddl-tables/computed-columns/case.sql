CREATE TABLE n (id INT, d AS id * 2, name STRING, u AS UPPER(name) COMMENT 'upper', ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM n;
