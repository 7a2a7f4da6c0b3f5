-- Times in a zone with daylight saving: hour.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  HOUR(ts3) AS c0,
  HOUR(lt3) AS c1
FROM t;
