CREATE TABLE t (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (k STRING, id BIGINT, rn BIGINT) WITH ('connector' = 'print');
INSERT INTO s SELECT k, id, rn FROM (SELECT k, v, id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY id NULLS LAST) AS rn FROM t) WHERE rn <= v;
