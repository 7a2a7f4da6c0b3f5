CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TEMPORARY VIEW v COMMENT 'x' AS SELECT id FROM t;
SELECT id FROM v;
