-- a + b: decimal.
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
  d52 + d52 AS c0,
  d52 + d38 AS c1,
  d52 + ti AS c2,
  d52 + i AS c3,
  d52 + b AS c4,
  d52 + f AS c5,
  d52 + d AS c6
FROM t;
