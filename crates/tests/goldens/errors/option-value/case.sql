CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'h', 'scan.startup.mode' = 'earliest', 'format' = 'json');
SELECT a FROM t;
