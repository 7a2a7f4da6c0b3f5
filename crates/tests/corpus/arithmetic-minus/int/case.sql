-- a - b: int.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  i INT,
  b BIGINT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  i - d52 AS c0,
  i - d38 AS c1,
  i - ti AS c2,
  i - i AS c3,
  i - b AS c4,
  i - d AS c5
FROM t;
