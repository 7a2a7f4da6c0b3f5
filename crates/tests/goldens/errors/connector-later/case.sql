CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'elasticsearch-7', 'index' = 'x');
SELECT a FROM t;
