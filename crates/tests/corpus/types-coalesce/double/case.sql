-- COALESCE of two types: double.
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
  COALESCE(d, d52) AS c0,
  COALESCE(d, d38) AS c1,
  COALESCE(d, ti) AS c2,
  COALESCE(d, i) AS c3,
  COALESCE(d, b) AS c4,
  COALESCE(d, f) AS c5,
  COALESCE(d, d) AS c6,
  COALESCE(d, NULL) AS c7
FROM t;
