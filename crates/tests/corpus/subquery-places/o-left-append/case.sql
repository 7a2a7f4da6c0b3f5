CREATE TABLE t (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE t2 (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
CREATE TABLE t3 (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't3.json', 'format' = 'json');
SELECT a.id, b.id AS b FROM t AS a LEFT JOIN t2 AS b ON a.k = b.k AND a.v > (SELECT MIN(v) FROM t3);
