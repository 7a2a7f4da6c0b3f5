-- Zones as SimpleDateFormat prints them.
SET 'table.local-time-zone' = 'GMT+05:30';
CREATE TABLE t (i INT, b BIGINT, p STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, p, FROM_UNIXTIME(b, p) AS f FROM t;
