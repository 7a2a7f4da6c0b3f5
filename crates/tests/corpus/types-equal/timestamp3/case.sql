-- a = b: timestamp3.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ts3 = c3 AS c0,
  ts3 = s AS c1,
  ts3 = ts3 AS c2,
  ts3 = lt3 AS c3,
  ts3 = NULL AS c4
FROM t;
