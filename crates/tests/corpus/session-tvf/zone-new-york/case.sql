SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (id INT, k STRING, v INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY v, DESCRIPTOR(ts), INTERVAL '30' MINUTE));
SELECT id, k, v, window_start, window_end FROM w;
