CREATE TABLE t (id INT, name STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT s, TYPEOF(s) AS ty, CHAR_LENGTH(CAST(s AS STRING)) AS n FROM (SELECT 'x' AS s FROM t UNION SELECT 'yyy' FROM t);
