CREATE TABLE t (id STRING, WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM t;
