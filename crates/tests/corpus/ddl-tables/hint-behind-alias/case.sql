CREATE TABLE n (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM n AS x /*+ OPTIONS('json.ignore-parse-errors'='true') */;
