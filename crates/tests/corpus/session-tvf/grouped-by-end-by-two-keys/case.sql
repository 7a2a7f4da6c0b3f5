CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY (v, k), DESCRIPTOR(ts), INTERVAL '3' SECOND));
SELECT k, window_end, COUNT(*) AS c, SUM(v) AS s, MIN(id) AS m, COUNT(DISTINCT k) AS d FROM w GROUP BY k, window_end;
