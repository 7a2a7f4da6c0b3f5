CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE o (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'o.json', 'format' = 'json');
CREATE VIEW l AS SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND));
CREATE VIEW r AS SELECT * FROM TABLE(SESSION(TABLE o PARTITION BY v, DESCRIPTOR(ts), INTERVAL '3' SECOND));
SELECT l.id, r.id AS other, l.window_start AS a, r.window_end AS z FROM l JOIN r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k;
