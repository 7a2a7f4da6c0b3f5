-- Times in a zone with daylight saving: timestampadd.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3),
  dt DATE,
  tm TIME,
  n INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TIMESTAMPADD(YEAR, 1, dt) AS c0,
  TIMESTAMPADD(MONTH, n, dt) AS c1,
  TIMESTAMPADD(DAY, n, dt) AS c2,
  TIMESTAMPADD(HOUR, n, dt) AS c3,
  TIMESTAMPADD(MONTH, n, ts3) AS c4,
  TIMESTAMPADD(WEEK, n, ts3) AS c5,
  TIMESTAMPADD(QUARTER, 1, ts3) AS c6,
  TIMESTAMPADD(SECOND, n, ts3) AS c7,
  TIMESTAMPADD(DAY, n, lt3) AS c8,
  TIMESTAMPADD(MINUTE, n, tm) AS c9
FROM t;
