-- Times in a zone with daylight saving: to-timestamp-ltz.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TO_TIMESTAMP_LTZ(b, 0) AS c0,
  TO_TIMESTAMP_LTZ(b, 3) AS c1
FROM t;
