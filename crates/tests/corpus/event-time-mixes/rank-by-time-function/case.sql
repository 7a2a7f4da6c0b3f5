CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY DATE_FORMAT(ts, 'mm:ss') ORDER BY id DESC) AS rn FROM t) WHERE rn = 1;
