CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '8' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (k STRING, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW w AS SELECT k, window_time AS rt, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end, window_time;
SELECT w.k, w.n, r.x FROM w LEFT JOIN r FOR SYSTEM_TIME AS OF w.rt ON w.k = r.k;
