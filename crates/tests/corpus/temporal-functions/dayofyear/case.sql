-- Times in a zone with daylight saving: dayofyear.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  DAYOFYEAR(dt) AS c0
FROM t;
