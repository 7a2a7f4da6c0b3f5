CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, (SELECT MAX(a) FROM (SELECT TUMBLE_START(ts, INTERVAL '5' SECOND) AS a FROM t GROUP BY TUMBLE(ts, INTERVAL '5' SECOND)) AS w) AS m FROM t;
