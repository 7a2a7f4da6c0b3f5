-- XXXX
CREATE TABLE t (b BIGINT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT FROM_UNIXTIME(b, 'XXXX') AS f FROM t;
