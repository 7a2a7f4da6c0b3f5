-- Times in a zone with daylight saving: minute.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  MINUTE(tm) AS c0
FROM t;
