CREATE TABLE t (k INT, v INT, pt AS PROCTIME()) WITH ('connector'='filesystem','path'='in.csv','format'='csv');
SET 'table.exec.mini-batch.enabled' = 'true';
SELECT k, v FROM t;
