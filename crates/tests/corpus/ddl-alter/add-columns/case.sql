CREATE TABLE n (id INT, name STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
ALTER TABLE n ADD (amount DECIMAL(6, 2) COMMENT 'x' FIRST, d AS id * 2 AFTER name);
SELECT * FROM n;
