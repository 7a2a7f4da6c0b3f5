-- Times in a zone with daylight saving: ceil.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3),
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CEIL(ts3 TO YEAR) AS c0,
  CEIL(ts3 TO QUARTER) AS c1,
  CEIL(ts3 TO MONTH) AS c2,
  CEIL(ts3 TO WEEK) AS c3,
  CEIL(ts3 TO DAY) AS c4,
  CEIL(ts3 TO HOUR) AS c5,
  CEIL(ts3 TO SECOND) AS c6,
  CEIL(dt TO MONTH) AS c7,
  CEIL(dt TO YEAR) AS c8,
  CEIL(lt3 TO DAY) AS c9
FROM t;
