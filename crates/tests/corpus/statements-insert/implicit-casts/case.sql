CREATE TABLE s (a BIGINT, b DOUBLE, c DECIMAL(10, 1), d TIMESTAMP(6), e VARCHAR(2)) WITH ('connector' = 'blackhole');
CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
INSERT INTO s SELECT id, id, amount, ts, CAST(name AS CHAR(3)) FROM t;
SELECT 1 AS done;
