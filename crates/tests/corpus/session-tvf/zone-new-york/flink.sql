SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (id INT, k STRING, v INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW ws AS SELECT COLLECT(id) AS ids, SESSION_START(ts, INTERVAL '30' MINUTE) AS window_start, SESSION_END(ts, INTERVAL '30' MINUTE) AS window_end,
  CAST(SESSION_ROWTIME(ts, INTERVAL '30' MINUTE) AS TIMESTAMP(3)) AS window_time FROM t GROUP BY v, SESSION(ts, INTERVAL '30' MINUTE);
CREATE VIEW w AS SELECT t.*, s.window_start, s.window_end, s.window_time FROM (
  SELECT x.id, window_start, window_end, window_time FROM ws CROSS JOIN UNNEST(ids) AS x (id)) AS s JOIN t AS t ON s.id = t.id;
SELECT id, k, v, window_start, window_end FROM w;
