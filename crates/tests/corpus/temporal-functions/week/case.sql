-- Times in a zone with daylight saving: week.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  WEEK(dt) AS c0
FROM t;
