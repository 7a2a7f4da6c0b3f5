-- COALESCE of two types: float.
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
  COALESCE(f, d52) AS c0,
  COALESCE(f, d38) AS c1,
  COALESCE(f, ti) AS c2,
  COALESCE(f, i) AS c3,
  COALESCE(f, b) AS c4,
  COALESCE(f, f) AS c5,
  COALESCE(f, d) AS c6,
  COALESCE(f, NULL) AS c7
FROM t;
