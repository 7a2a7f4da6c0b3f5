-- COALESCE of two types: timestamp9.
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  ts9 TIMESTAMP(9),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(ts9, ts3) AS c0,
  COALESCE(ts9, ts9) AS c1,
  COALESCE(ts9, lt3) AS c2,
  COALESCE(ts9, NULL) AS c3
FROM t;
