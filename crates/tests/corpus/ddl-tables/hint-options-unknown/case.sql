CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM n /*+ OPTIONS('jsn.ignore-parse-errors'='true') */;
