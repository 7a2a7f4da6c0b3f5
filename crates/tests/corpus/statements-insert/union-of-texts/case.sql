CREATE TABLE s (a STRING, b INT) WITH ('connector' = 'blackhole');
CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
INSERT INTO s SELECT 'x', id FROM t UNION ALL SELECT 'yy', id FROM t;
SELECT 1 AS done;
