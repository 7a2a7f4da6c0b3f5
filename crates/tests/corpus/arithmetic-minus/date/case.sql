-- a - b: date.
CREATE TABLE t (
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  dt - INTERVAL '1' MONTH AS c0,
  dt - INTERVAL '1' DAY AS c1
FROM t;
