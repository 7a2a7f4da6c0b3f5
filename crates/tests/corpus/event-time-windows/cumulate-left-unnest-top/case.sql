CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, x, window_start, n FROM (SELECT id, x, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY x DESC, id) AS n FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) AS w LEFT JOIN UNNEST(ARRAY[1, w.v]) AS u (x) ON TRUE) WHERE n <= 2;
