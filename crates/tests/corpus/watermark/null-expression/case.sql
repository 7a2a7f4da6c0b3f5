CREATE TABLE t (id STRING, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS CASE WHEN v > 5 THEN ts ELSE CAST(NULL AS TIMESTAMP(3)) END)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, ts, CURRENT_WATERMARK(ts) AS w FROM t;
