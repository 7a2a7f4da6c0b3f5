SET 'table.local-time-zone' = 'America/Sao_Paulo';
CREATE TABLE t (id INT, k STRING, v INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, SESSION_START(ts, INTERVAL '30' MINUTE) AS a, SESSION_END(ts, INTERVAL '30' MINUTE) AS z, SESSION_ROWTIME(ts, INTERVAL '30' MINUTE) AS r, COUNT(*) AS c FROM t GROUP BY k, SESSION(ts, INTERVAL '30' MINUTE);
