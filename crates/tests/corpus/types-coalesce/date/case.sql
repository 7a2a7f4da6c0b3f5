-- COALESCE of two types: date.
CREATE TABLE t (
  dt DATE,
  ts3 TIMESTAMP(3),
  ts9 TIMESTAMP(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(dt, dt) AS c0,
  COALESCE(dt, ts3) AS c1,
  COALESCE(dt, ts9) AS c2,
  COALESCE(dt, NULL) AS c3
FROM t;
