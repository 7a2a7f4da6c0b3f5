-- a = b: instant3.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  lt3 = c3 AS c0,
  lt3 = s AS c1,
  lt3 = ts3 AS c2,
  lt3 = lt3 AS c3,
  lt3 = NULL AS c4
FROM t;
