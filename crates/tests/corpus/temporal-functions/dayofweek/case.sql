-- Times in a zone with daylight saving: dayofweek.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  DAYOFWEEK(dt) AS c0
FROM t;
