CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT TUMBLE_START(ts, INTERVAL '5' SECOND) AS a, COUNT(*) AS c FROM (SELECT ts + INTERVAL '1' SECOND AS ts, k, id, v FROM t) WHERE v > 0 GROUP BY TUMBLE(ts, INTERVAL '5' SECOND);
