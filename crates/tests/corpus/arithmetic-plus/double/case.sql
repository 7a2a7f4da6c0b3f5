-- a + b: double.
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
  d + d52 AS c0,
  d + d38 AS c1,
  d + ti AS c2,
  d + i AS c3,
  d + b AS c4,
  d + f AS c5,
  d + d AS c6
FROM t;
