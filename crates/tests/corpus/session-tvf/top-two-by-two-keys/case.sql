CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY (v, k), DESCRIPTOR(ts), INTERVAL '3' SECOND));
SELECT id, k, window_start, window_end, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC, id) AS n FROM w) WHERE n <= 2;
