CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '8' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (k STRING, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW w AS SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND));
CREATE VIEW j AS SELECT w.k, w.window_start, w.window_end, r.x FROM w JOIN r FOR SYSTEM_TIME AS OF w.ts ON w.k = r.k;
SELECT k, window_start, window_end, COUNT(*) AS c, SUM(x) AS s FROM j GROUP BY k, window_start, window_end;
