-- a = b: char.
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
  c3 = c3 AS c0,
  c3 = s AS c1,
  c3 = dt AS c2,
  c3 = tm AS c3,
  c3 = ts3 AS c4,
  c3 = ts9 AS c5,
  c3 = lt3 AS c6,
  c3 = NULL AS c7
FROM t;
