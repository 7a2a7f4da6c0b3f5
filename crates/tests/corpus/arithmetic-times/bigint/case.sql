-- a * b: bigint.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  sm SMALLINT,
  i INT,
  b BIGINT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  b * d52 AS c0,
  b * d38 AS c1,
  b * ti AS c2,
  b * sm AS c3,
  b * i AS c4,
  b * b AS c5,
  b * d AS c6,
  b * INTERVAL '1' MONTH AS c7,
  b * INTERVAL '1' DAY AS c8
FROM t;
