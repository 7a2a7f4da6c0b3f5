-- The alphabet of SimpleDateFormat, printed of texts.
CREATE TABLE t (i INT, s STRING, p STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, p, s, DATE_FORMAT(s, p) AS f FROM t;
