-- a = b: timestamp9.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  ts3 TIMESTAMP(3),
  ts9 TIMESTAMP(9),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ts9 = c3 AS c0,
  ts9 = s AS c1,
  ts9 = ts3 AS c2,
  ts9 = ts9 AS c3,
  ts9 = lt3 AS c4,
  ts9 = NULL AS c5
FROM t;
