-- a - b: tinyint.
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
  ti - d52 AS c0,
  ti - d38 AS c1,
  ti - ti AS c2,
  ti - i AS c3,
  ti - b AS c4,
  ti - f AS c5,
  ti - d AS c6
FROM t;
