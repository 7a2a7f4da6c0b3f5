CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, window_start, window_end FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND, `OFFSET` => INTERVAL '3' SECOND));
