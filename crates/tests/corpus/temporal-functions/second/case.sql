-- Times in a zone with daylight saving: second.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  SECOND(ts3) AS c0
FROM t;
