CREATE TABLE n (id INT, name STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
ALTER TABLE n ADD WATERMARK FOR ts AS ts - INTERVAL '1' SECOND;
SELECT id, ts FROM n;
