CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW a AS SELECT k, window_time AS rt, window_start AS ws, window_end AS we, COUNT(*) AS n, SUM(v) AS v, MAX(s) AS x FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '5' SECOND, INTERVAL '0' SECOND)) GROUP BY k, window_start, window_end, window_time;
SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY x ORDER BY n DESC, rt, v) AS rn FROM a) WHERE rn <= 2;
