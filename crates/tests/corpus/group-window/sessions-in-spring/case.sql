SET 'table.local-time-zone' = 'Europe/Berlin';
CREATE TABLE t (id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, ts TIMESTAMP_LTZ(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, SESSION_START(ts, INTERVAL '2' HOUR) AS a, SESSION_END(ts, INTERVAL '2' HOUR) AS z, COUNT(*) AS c FROM t GROUP BY k, SESSION(ts, INTERVAL '2' HOUR);
