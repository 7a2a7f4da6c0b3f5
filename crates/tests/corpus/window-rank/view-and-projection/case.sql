CREATE TABLE t (id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW p AS SELECT window_start AS ws, window_end AS w, id, v FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE v > 1;
SELECT w, id, v + 1 AS x FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ws, w ORDER BY v DESC, id) AS rn FROM p) WHERE rn <= 2;
