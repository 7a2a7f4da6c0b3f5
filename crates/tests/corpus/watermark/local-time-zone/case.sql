CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP_LTZ(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, ts, CURRENT_WATERMARK(ts) AS w FROM t;
