CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, TUMBLE_ROWTIME(ts, INTERVAL '5' SECOND) AS r, COUNT(*) AS c FROM (SELECT ts + INTERVAL '1' SECOND AS ts, k, id, v FROM t) GROUP BY k, TUMBLE(ts, INTERVAL '5' SECOND);
