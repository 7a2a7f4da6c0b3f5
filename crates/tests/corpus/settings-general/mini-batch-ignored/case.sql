CREATE TABLE t (k INT, v INT, pt AS PROCTIME()) WITH ('connector'='filesystem','path'='in.csv','format'='csv');
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SELECT k, v FROM t;
