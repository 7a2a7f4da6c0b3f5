-- TRY_CAST of bigint to intervals: edge values and NULL.
CREATE TABLE t (
  b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(b AS INTERVAL YEAR) AS c0,
  TRY_CAST(b AS INTERVAL MONTH) AS c1,
  TRY_CAST(b AS INTERVAL DAY) AS c2,
  TRY_CAST(b AS INTERVAL SECOND(3)) AS c3
FROM t;
