-- a * b: float.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  sm SMALLINT,
  i INT,
  f FLOAT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  f * d52 AS c0,
  f * d38 AS c1,
  f * ti AS c2,
  f * sm AS c3,
  f * i AS c4,
  f * f AS c5,
  f * d AS c6
FROM t;
