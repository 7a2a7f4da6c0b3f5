-- Zones as SimpleDateFormat prints them.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (i INT, b BIGINT, p STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, p, FROM_UNIXTIME(b, p) AS f FROM t;
