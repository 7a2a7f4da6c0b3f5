CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY (v, k), DESCRIPTOR(ts), INTERVAL '3' SECOND));
SELECT id, k, v, window_start, window_end FROM w;
