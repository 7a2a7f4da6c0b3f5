-- TRY_CAST of interval-months to intervals: edge values and NULL.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(INTERVAL '1-2' YEAR TO MONTH * i AS INTERVAL YEAR TO MONTH) AS c0,
  TRY_CAST(INTERVAL '1-2' YEAR TO MONTH * i AS INTERVAL YEAR) AS c1,
  TRY_CAST(INTERVAL '1-2' YEAR TO MONTH * i AS INTERVAL MONTH) AS c2
FROM t;
