-- Times in a zone with daylight saving: floor.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3),
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  FLOOR(ts3 TO YEAR) AS c0,
  FLOOR(ts3 TO QUARTER) AS c1,
  FLOOR(ts3 TO MONTH) AS c2,
  FLOOR(ts3 TO WEEK) AS c3,
  FLOOR(ts3 TO DAY) AS c4,
  FLOOR(ts3 TO HOUR) AS c5,
  FLOOR(ts3 TO MINUTE) AS c6,
  FLOOR(ts3 TO SECOND) AS c7,
  FLOOR(ts3 TO MILLISECOND) AS c8,
  FLOOR(dt TO MONTH) AS c9,
  FLOOR(dt TO WEEK) AS c10,
  FLOOR(lt3 TO DAY) AS c11,
  FLOOR(lt3 TO HOUR) AS c12
FROM t;
