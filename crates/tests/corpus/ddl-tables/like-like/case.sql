CREATE TABLE a (id INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE b (name STRING) LIKE a;
CREATE TABLE c (amount DECIMAL(6,2), x AS id + 1) LIKE b;
SELECT * FROM c;
