-- TRY_CAST of int to intervals: edge values and NULL.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(i AS INTERVAL YEAR) AS c0,
  TRY_CAST(i AS INTERVAL MONTH) AS c1,
  TRY_CAST(i AS INTERVAL DAY) AS c2,
  TRY_CAST(i AS INTERVAL SECOND(3)) AS c3
FROM t;
