CREATE TABLE s (a INT, b STRING, c DECIMAL(6,2)) WITH ('connector' = 'blackhole');
CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
INSERT INTO s PARTITION (a = 1) SELECT name, amount FROM t;
SELECT 1 AS done;
