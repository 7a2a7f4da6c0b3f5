-- Times in a zone with daylight saving: convert-tz.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CONVERT_TZ(s, 'UTC', 'America/Los_Angeles') AS c0,
  CONVERT_TZ('2024-03-10 02:30:00', 'America/New_York', 'UTC') AS c1,
  CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'nowhere') AS c2
FROM t;
