CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE o (id INT, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'o.json', 'format' = 'json');
CREATE VIEW ls AS SELECT COLLECT(id) AS ids, SESSION_START(ts, INTERVAL '3' SECOND) AS window_start, SESSION_END(ts, INTERVAL '3' SECOND) AS window_end,
  CAST(SESSION_ROWTIME(ts, INTERVAL '3' SECOND) AS TIMESTAMP(3)) AS window_time FROM t GROUP BY k, SESSION(ts, INTERVAL '3' SECOND);
CREATE VIEW l AS SELECT t.*, s.window_start, s.window_end, s.window_time FROM (
  SELECT x.id, window_start, window_end, window_time FROM ls CROSS JOIN UNNEST(ids) AS x (id)) AS s JOIN t AS t ON s.id = t.id;
CREATE VIEW rs AS SELECT COLLECT(id) AS ids, SESSION_START(ts, INTERVAL '3' SECOND) AS window_start, SESSION_END(ts, INTERVAL '3' SECOND) AS window_end,
  CAST(SESSION_ROWTIME(ts, INTERVAL '3' SECOND) AS TIMESTAMP(3)) AS window_time FROM o GROUP BY v, SESSION(ts, INTERVAL '3' SECOND);
CREATE VIEW r AS SELECT t.*, s.window_start, s.window_end, s.window_time FROM (
  SELECT x.id, window_start, window_end, window_time FROM rs CROSS JOIN UNNEST(ids) AS x (id)) AS s JOIN o AS t ON s.id = t.id;
SELECT l.id, r.id AS other, l.window_start AS a, r.window_end AS z FROM l FULL JOIN r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k;
