-- a * b: tinyint.
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
  ti * d52 AS c0,
  ti * d38 AS c1,
  ti * ti AS c2,
  ti * sm AS c3,
  ti * i AS c4,
  ti * b AS c5,
  ti * f AS c6,
  ti * d AS c7,
  ti * INTERVAL '1' MONTH AS c8,
  ti * INTERVAL '1' DAY AS c9
FROM t;
