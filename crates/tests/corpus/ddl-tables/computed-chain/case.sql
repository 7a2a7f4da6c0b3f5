CREATE TABLE t (id INT, name STRING, a AS id + 1, u AS UPPER(name), ts TIMESTAMP(3), dt AS DATE_FORMAT(ts, 'yyyy-MM-dd'), h AS EXTRACT(HOUR FROM ts)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
