CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, k FROM t AS o WHERE v NOT IN (SELECT v FROM (SELECT k, v, window_start, window_end FROM TABLE(TUMBLE((SELECT k, v, ts FROM t WHERE v > 0), DESCRIPTOR(ts), INTERVAL '5' SECOND))) AS w WHERE w.k = 'a');
