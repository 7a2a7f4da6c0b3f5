-- Times in a zone with daylight saving: lt.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  lt3 + INTERVAL '1' MONTH AS c0
FROM t;
