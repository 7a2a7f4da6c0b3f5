CREATE TABLE t (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (k STRING, s INT, rn BIGINT) WITH ('connector' = 'print');
INSERT INTO s SELECT k, s, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY s) AS rn FROM (SELECT k, id, SUM(v) AS s FROM t GROUP BY k, id)) WHERE rn BETWEEN 2 AND 3;
