-- The alphabet of Java's patterns, read.
CREATE TABLE t (i INT, s STRING, p STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, p, s, UNIX_TIMESTAMP(s, p) AS u FROM t;
