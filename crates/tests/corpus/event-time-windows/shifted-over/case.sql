CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM (SELECT ts + INTERVAL '1' SECOND AS ts, k, id, v FROM t);
