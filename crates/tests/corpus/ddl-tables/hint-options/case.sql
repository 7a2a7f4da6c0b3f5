CREATE TABLE n (id INT, name STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.fail-on-missing-field' = 'true');
SELECT * FROM n /*+ OPTIONS('json.fail-on-missing-field'='false', 'json.ignore-parse-errors'='true') */ AS x WHERE x.id = 2;
