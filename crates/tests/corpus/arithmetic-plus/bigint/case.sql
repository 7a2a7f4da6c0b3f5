-- a + b: bigint.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  i INT,
  b BIGINT,
  f FLOAT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  b + d52 AS c0,
  b + d38 AS c1,
  b + ti AS c2,
  b + i AS c3,
  b + b AS c4,
  b + f AS c5,
  b + d AS c6
FROM t;
