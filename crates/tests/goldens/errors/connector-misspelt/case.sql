CREATE TABLE t (a INT) WITH ('connector' = 'kafak', 'topic' = 'x');
SELECT a FROM t;
