-- a = b: wide-decimal.
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
  d38 = d52 AS c0,
  d38 = d38 AS c1,
  d38 = ti AS c2,
  d38 = i AS c3,
  d38 = b AS c4,
  d38 = f AS c5,
  d38 = d AS c6,
  d38 = NULL AS c7
FROM t;
