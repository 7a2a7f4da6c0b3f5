-- a = b: string.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  dt DATE,
  tm TIME,
  ts3 TIMESTAMP(3),
  ts9 TIMESTAMP(9),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  s = c3 AS c0,
  s = s AS c1,
  s = dt AS c2,
  s = tm AS c3,
  s = ts3 AS c4,
  s = ts9 AS c5,
  s = lt3 AS c6,
  s = NULL AS c7
FROM t;
