CREATE TABLE n (id INT, name STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
ALTER TABLE n MODIFY WATERMARK FOR ts AS ts;
SELECT * FROM n;
