CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv', 'source.path.regex-pattern' = 'in/b.csv');
SELECT a FROM t;
