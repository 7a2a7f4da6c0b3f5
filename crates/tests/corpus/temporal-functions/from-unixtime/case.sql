-- Times in a zone with daylight saving: from-unixtime.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  FROM_UNIXTIME(b) AS c0,
  FROM_UNIXTIME(b, 'yyyy/MM/dd EEE HH:mm') AS c1
FROM t;
