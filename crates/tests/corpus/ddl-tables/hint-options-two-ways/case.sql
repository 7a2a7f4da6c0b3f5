CREATE TABLE n (name INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT name FROM n /*+ OPTIONS('json.ignore-parse-errors'='true') */ UNION ALL SELECT name FROM n /*+ OPTIONS('json.ignore-parse-errors'='true', 'json.fail-on-missing-field'='false') */;
