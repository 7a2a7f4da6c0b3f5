CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv', 'source.path.regex-pattern' = 'b.*');
SELECT a FROM t;
