CREATE TABLE t (a INT, s STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT FROM t;
CREATE TABLE u (a INT, b STRNG) WITH ('connector' = 'print');
INSERT INTO u SELECT a FROM t;
CREATE TABLE w (a INT, a INT) WITH ('connector' = 'print');
INSERT INTO w SELECT a, a FROM t;
SELECT b FROM t;
SELECT a FROM tt;
