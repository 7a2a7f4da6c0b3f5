CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
WITH x AS (SELECT id FROM t WHERE id > 1) SELECT id FROM x UNION ALL SELECT -id FROM x;
