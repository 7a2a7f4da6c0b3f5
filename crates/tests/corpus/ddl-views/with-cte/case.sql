CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW v AS WITH x AS (SELECT id FROM t) SELECT id * 2 AS d FROM x;
SELECT d FROM v;
