-- Times in a zone with daylight saving: unix-timestamp.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  UNIX_TIMESTAMP(s) AS c0,
  UNIX_TIMESTAMP(s, 'yyyy-MM-dd') AS c1
FROM t;
