-- Times in a zone with daylight saving: date-format.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3),
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  DATE_FORMAT(ts3, 'yyyy-MM-dd HH:mm:ss.SSS') AS c0,
  DATE_FORMAT(ts3, 'EEEE, d MMMM yy hh:mm a') AS c1,
  DATE_FORMAT(lt3, 'yyyy-MM-dd HH:mm:ss') AS c2,
  DATE_FORMAT(s, 'dd/MM/yyyy') AS c3,
  DATE_FORMAT(ts3, '') AS c4
FROM t;
