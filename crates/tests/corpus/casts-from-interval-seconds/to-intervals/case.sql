-- TRY_CAST of interval-seconds to intervals: edge values and NULL.
CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(INTERVAL '1' SECOND * i AS INTERVAL DAY TO SECOND) AS c0,
  TRY_CAST(INTERVAL '1' SECOND * i AS INTERVAL DAY) AS c1,
  TRY_CAST(INTERVAL '1' SECOND * i AS INTERVAL SECOND(3)) AS c2
FROM t;
