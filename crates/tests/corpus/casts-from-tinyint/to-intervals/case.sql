-- TRY_CAST of tinyint to intervals: edge values and NULL.
CREATE TABLE t (
  ti TINYINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ti AS INTERVAL YEAR) AS c0,
  TRY_CAST(ti AS INTERVAL MONTH) AS c1,
  TRY_CAST(ti AS INTERVAL DAY) AS c2,
  TRY_CAST(ti AS INTERVAL SECOND(3)) AS c3
FROM t;
