-- Times in a zone with daylight saving: to-date.
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TO_DATE(s) AS c0,
  TO_DATE('29/02/2024', 'dd/MM/yyyy') AS c1
FROM t;
