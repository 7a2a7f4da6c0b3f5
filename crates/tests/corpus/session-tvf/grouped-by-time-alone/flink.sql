CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW ws AS SELECT COLLECT(id) AS ids, SESSION_START(ts, INTERVAL '3' SECOND) AS window_start, SESSION_END(ts, INTERVAL '3' SECOND) AS window_end,
  CAST(SESSION_ROWTIME(ts, INTERVAL '3' SECOND) AS TIMESTAMP(3)) AS window_time FROM t GROUP BY SESSION(ts, INTERVAL '3' SECOND);
CREATE VIEW w AS SELECT t.*, s.window_start, s.window_end, s.window_time FROM (
  SELECT x.id, window_start, window_end, window_time FROM ws CROSS JOIN UNNEST(ids) AS x (id)) AS s JOIN t AS t ON s.id = t.id;
SELECT k, window_start, window_end, CAST(window_time AS TIMESTAMP(3)) AS r, COUNT(*) AS c, SUM(v) AS s, MIN(id) AS m, COUNT(DISTINCT k) AS d FROM w GROUP BY k, window_start, window_end, window_time;
