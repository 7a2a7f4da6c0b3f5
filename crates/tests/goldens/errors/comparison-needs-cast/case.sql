CREATE TABLE t (a INT, s STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT a FROM t WHERE a = s;
SELECT a FROM t WHERE UPPER(s) = a + 1;
