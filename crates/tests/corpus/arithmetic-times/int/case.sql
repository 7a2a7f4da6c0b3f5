-- a * b: int.
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
  i * d52 AS c0,
  i * d38 AS c1,
  i * ti AS c2,
  i * sm AS c3,
  i * i AS c4,
  i * b AS c5,
  i * f AS c6,
  i * d AS c7,
  i * INTERVAL '1' MONTH AS c8,
  i * INTERVAL '1' DAY AS c9
FROM t;
