-- a = b: time.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING,
  tm TIME
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  tm = c3 AS c0,
  tm = s AS c1,
  tm = tm AS c2,
  tm = NULL AS c3
FROM t;
