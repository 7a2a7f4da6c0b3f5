CREATE TABLE n (id INT, name STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
ALTER TABLE n ADD PRIMARY KEY (id) NOT ENFORCED;
ALTER TABLE n DROP id;
SELECT * FROM n;
