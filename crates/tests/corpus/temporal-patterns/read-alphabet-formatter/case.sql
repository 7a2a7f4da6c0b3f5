-- The alphabet of Java's patterns, read.
CREATE TABLE t (i INT, s STRING, p STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i, p, s, TO_TIMESTAMP(s, p) AS t FROM t;
