CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW q AS SELECT k, ts AS time_of, v FROM t;
SELECT k, v, window_start FROM TABLE(TUMBLE(TABLE q, DESCRIPTOR(time_of), INTERVAL '10' SECOND));
