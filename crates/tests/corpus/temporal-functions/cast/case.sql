-- Times in a zone with daylight saving: cast.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CAST(tm AS STRING) AS c0,
  CAST(ts3 AS TIME) AS c1,
  CAST(TIME '12:34:56.789' AS STRING) AS c2
FROM t;
