CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '8' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE r (k STRING, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '6' SECOND,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
CREATE VIEW j AS SELECT t.k, t.ts, r.x FROM t LEFT JOIN r FOR SYSTEM_TIME AS OF t.ts ON t.k = r.k;
SELECT k, window_start, COUNT(*) AS c, SUM(x) AS s FROM TABLE(TUMBLE(TABLE j, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end;
