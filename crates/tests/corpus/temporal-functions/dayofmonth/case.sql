-- Times in a zone with daylight saving: dayofmonth.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  DAYOFMONTH(lt3) AS c0
FROM t;
