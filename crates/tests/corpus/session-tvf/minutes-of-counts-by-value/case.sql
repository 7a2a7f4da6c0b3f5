CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY v, DESCRIPTOR(ts), INTERVAL '3' SECOND));
SELECT FLOOR(r TO MINUTE) AS a, SUM(c) AS s FROM (SELECT k, window_time AS r, COUNT(*) AS c FROM w GROUP BY k, window_start, window_end, window_time) AS g GROUP BY FLOOR(r TO MINUTE);
