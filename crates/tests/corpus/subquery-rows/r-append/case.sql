CREATE TABLE t (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
SELECT id FROM t WHERE (k, v) NOT IN (SELECT k, v FROM t2);
