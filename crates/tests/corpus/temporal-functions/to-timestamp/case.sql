-- Times in a zone with daylight saving: to-timestamp.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TO_TIMESTAMP(s) AS c0,
  TO_TIMESTAMP('2024-02-29 12:34:56.789') AS c1,
  TO_TIMESTAMP('29.02.2024 05', 'dd.MM.yyyy HH') AS c2
FROM t;
