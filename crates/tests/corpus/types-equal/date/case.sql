-- a = b: date.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  dt = c3 AS c0,
  dt = s AS c1,
  dt = dt AS c2,
  dt = NULL AS c3
FROM t;
