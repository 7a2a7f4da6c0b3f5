-- CASE with branches of two types: instant3.
CREATE TABLE t (
  bo BOOLEAN,
  ts3 TIMESTAMP(3),
  ts9 TIMESTAMP(9),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN lt3 ELSE ts3 END AS c0,
  CASE WHEN bo THEN lt3 ELSE ts9 END AS c1,
  CASE WHEN bo THEN lt3 ELSE lt3 END AS c2,
  CASE WHEN bo THEN lt3 ELSE NULL END AS c3
FROM t;
