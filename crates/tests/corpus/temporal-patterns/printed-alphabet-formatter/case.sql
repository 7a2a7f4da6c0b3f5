-- The alphabet of DateTimeFormatter, printed: years before Christ, both calendars, weeks that begin on Sunday.
CREATE TABLE t (i INT, ms BIGINT, p STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, p, DATE_FORMAT(CAST(TO_TIMESTAMP_LTZ(ms, 3) AS TIMESTAMP(3)), p) AS f, DATE_FORMAT(TO_TIMESTAMP_LTZ(ms, 3), p) AS l FROM t;
