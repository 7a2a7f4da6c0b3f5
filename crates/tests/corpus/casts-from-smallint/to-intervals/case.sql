-- TRY_CAST of smallint to intervals: edge values and NULL.
CREATE TABLE t (
  sm SMALLINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(sm AS INTERVAL YEAR) AS c0,
  TRY_CAST(sm AS INTERVAL MONTH) AS c1,
  TRY_CAST(sm AS INTERVAL DAY) AS c2,
  TRY_CAST(sm AS INTERVAL SECOND(3)) AS c3
FROM t;
