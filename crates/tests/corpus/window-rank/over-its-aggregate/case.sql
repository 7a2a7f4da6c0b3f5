CREATE TABLE t (id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT window_start AS ws, window_end AS we, window_time AS wt, SUM(v) AS sm FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC, id) AS rn FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn <= 2 GROUP BY window_start, window_end, window_time;
SELECT ws, sm, SUM(sm) OVER (ORDER BY wt ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS o FROM u;
