CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW a AS SELECT s, window_time AS rt, window_start AS ws, window_end AS we, COUNT(*) AS n, SUM(v) AS v, MAX(s) AS x FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '2' SECOND)) GROUP BY s, window_start, window_end, window_time;
SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s, x ORDER BY n DESC, rt, v) AS rn FROM a) WHERE rn <= 2;
