-- Times in a zone with daylight saving: ts.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ts3 - INTERVAL '1-1' YEAR TO MONTH AS c0,
  ts3 BETWEEN SYMMETRIC TIMESTAMP '2025-01-01 00:00:00' AND TIMESTAMP '2024-01-01 00:00:00' AS c1,
  (ts3, INTERVAL '1' DAY) OVERLAPS (TIMESTAMP '2024-03-01 00:00:00', TIMESTAMP '2024-03-11 00:00:00') AS c2
FROM t;
