-- a * b: smallint.
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
  sm * d52 AS c0,
  sm * d38 AS c1,
  sm * ti AS c2,
  sm * sm AS c3,
  sm * i AS c4,
  sm * b AS c5,
  sm * f AS c6,
  sm * d AS c7,
  sm * INTERVAL '1' MONTH AS c8,
  sm * INTERVAL '1' DAY AS c9
FROM t;
