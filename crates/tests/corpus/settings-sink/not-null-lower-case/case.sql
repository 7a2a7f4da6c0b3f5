SET 'table.exec.sink.not-null-enforcer' = 'drop';
CREATE TABLE s (a INT, b STRING NOT NULL) WITH ('connector' = 'blackhole');
CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
INSERT INTO s SELECT id, name FROM t;
SELECT 1 AS done;
