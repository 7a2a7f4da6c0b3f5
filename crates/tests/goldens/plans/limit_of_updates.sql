CREATE TABLE t (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (k STRING, n BIGINT) WITH ('connector' = 'print');
INSERT INTO s SELECT k, n FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) LIMIT 3;
