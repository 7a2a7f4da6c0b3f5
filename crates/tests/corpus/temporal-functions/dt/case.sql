-- Times in a zone with daylight saving: dt.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  dt + INTERVAL '25' HOUR AS c0
FROM t;
