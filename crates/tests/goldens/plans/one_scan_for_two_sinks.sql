CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (k STRING, v INT) WITH ('connector' = 'blackhole');
CREATE TABLE s2 (v INT) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT k, v FROM t;
INSERT INTO s2 SELECT v FROM t WHERE v > 3;
