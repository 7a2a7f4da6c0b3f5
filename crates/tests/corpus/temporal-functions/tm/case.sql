-- Times in a zone with daylight saving: tm.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  tm + INTERVAL '90' MINUTE AS c0
FROM t;
