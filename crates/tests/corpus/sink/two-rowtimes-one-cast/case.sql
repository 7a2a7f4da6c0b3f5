CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (a TIMESTAMP(3), b TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT x.ts, CAST(y.ts AS TIMESTAMP(3)) FROM t x JOIN t y ON x.k = y.k AND x.ts BETWEEN y.ts AND y.ts + INTERVAL '1' SECOND;
SELECT 1 AS done;
