CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TEMPORARY VIEW t AS SELECT 1 AS a;
SELECT a FROM t;
DROP TEMPORARY VIEW t;
SELECT id FROM t;
