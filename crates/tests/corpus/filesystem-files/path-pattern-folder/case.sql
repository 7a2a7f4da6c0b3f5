CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv', 'source.path.regex-pattern' = '.*sub.*');
SELECT a FROM t;
