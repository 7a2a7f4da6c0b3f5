CREATE TABLE base (id INT NOT NULL, name STRING, amount DECIMAL(6,2), d AS id * 2, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.ignore-parse-errors' = 'true');
CREATE TABLE n LIKE base;
SELECT * FROM n;
