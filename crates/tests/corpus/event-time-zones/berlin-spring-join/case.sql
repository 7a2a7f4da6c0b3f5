SET 'table.local-time-zone' = 'Europe/Berlin';
CREATE TABLE t (id INT, k STRING, v INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW w AS SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR));
SELECT l.id, r.id AS other, l.window_start, l.window_end FROM w AS l JOIN w AS r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k AND l.v = r.v;
