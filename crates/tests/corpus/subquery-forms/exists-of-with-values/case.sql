CREATE TABLE pay (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
WITH t (a, b) AS (SELECT * FROM (VALUES (1, 2))) SELECT * FROM t WHERE EXISTS (SELECT 1 FROM pay WHERE pay.oid = t.a);
