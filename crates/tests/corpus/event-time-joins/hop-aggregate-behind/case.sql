CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE o (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'o.json', 'format' = 'json');
CREATE VIEW l AS SELECT * FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND));
CREATE VIEW r AS SELECT * FROM TABLE(HOP(TABLE o, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND));
SELECT l.window_start AS s, l.window_end AS e, COUNT(*) AS c, SUM(r.v) AS v FROM l JOIN r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k GROUP BY l.window_start, l.window_end;
