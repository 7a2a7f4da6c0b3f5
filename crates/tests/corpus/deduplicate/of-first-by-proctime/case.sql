CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, p AS PROCTIME())
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');

CREATE VIEW f AS SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY p) AS n FROM t) WHERE n = 1;
SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM f) WHERE n = 1;
