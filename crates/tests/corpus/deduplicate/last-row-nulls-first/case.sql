CREATE TABLE t (id INT, b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, b, ts, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY b ORDER BY ts DESC NULLS FIRST) AS rn FROM t) WHERE rn <= 1;
