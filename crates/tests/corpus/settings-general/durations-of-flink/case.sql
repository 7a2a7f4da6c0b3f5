CREATE TABLE t (k INT, v INT, pt AS PROCTIME()) WITH ('connector'='filesystem','path'='in.csv','format'='csv');
SET 'table.exec.state.ttl' = '1 mins';
SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM t) WHERE rn = 1;
