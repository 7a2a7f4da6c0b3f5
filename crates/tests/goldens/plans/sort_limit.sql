CREATE TABLE t (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (k STRING, v INT) WITH ('connector' = 'print');
INSERT INTO s SELECT k, v FROM t ORDER BY id DESC LIMIT 3 OFFSET 2;
