CREATE TABLE s (a INT, b STRING, c DECIMAL(6,2)) WITH ('connector' = 'blackhole');
CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
INSERT INTO s (a, a) SELECT id, id FROM t;
SELECT 1 AS done;
