CREATE TABLE t (a INT, s STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW v AS SELECT a, s FROM t;
SELECT t.a, v.s FROM t JOIN v FOR SYSTEM_TIME AS OF t.ts ON t.a = v.a;
