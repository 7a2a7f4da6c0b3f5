CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(6),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id FROM t;
