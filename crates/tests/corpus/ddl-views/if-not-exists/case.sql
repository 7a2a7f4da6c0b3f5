CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW v AS SELECT 1 AS a;
CREATE VIEW IF NOT EXISTS v AS SELECT 2 AS a;
SELECT a FROM v;
