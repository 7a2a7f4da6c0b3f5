CREATE TABLE t (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT 1 AS a FROM t HAVING 1 = 1;
