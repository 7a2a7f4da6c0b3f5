-- COALESCE of two types: int.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  i INT,
  b BIGINT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(i, d52) AS c0,
  COALESCE(i, d38) AS c1,
  COALESCE(i, ti) AS c2,
  COALESCE(i, i) AS c3,
  COALESCE(i, b) AS c4,
  COALESCE(i, d) AS c5,
  COALESCE(i, NULL) AS c6
FROM t;
