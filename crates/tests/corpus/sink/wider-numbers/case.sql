CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (a BIGINT, b DOUBLE, c DECIMAL(10,2)) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT v, v, v FROM t;
SELECT 1 AS done;
