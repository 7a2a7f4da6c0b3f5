CREATE TABLE s (a INT) WITH ('connector' = 'print');
CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
INSERT INTO s /*+ OPTIONS('print-identifierr'='x') */ SELECT id FROM t;
SELECT 1 AS done;
