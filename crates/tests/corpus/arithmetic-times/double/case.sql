-- a * b: double.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  sm SMALLINT,
  i INT,
  b BIGINT,
  f FLOAT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d * d52 AS c0,
  d * d38 AS c1,
  d * ti AS c2,
  d * sm AS c3,
  d * i AS c4,
  d * b AS c5,
  d * f AS c6,
  d * d AS c7
FROM t;
