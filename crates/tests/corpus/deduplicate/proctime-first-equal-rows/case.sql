CREATE TABLE t (id STRING, k STRING, v INT, ts STRING, p AS PROCTIME())
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p) AS n FROM t) WHERE n = 1;
