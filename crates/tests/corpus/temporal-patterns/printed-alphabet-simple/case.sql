-- The alphabet of SimpleDateFormat, printed: the Julian calendar before 1582, years before Christ.
CREATE TABLE t (i INT, b BIGINT, p STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, p, FROM_UNIXTIME(b, p) AS f FROM t;
