-- COALESCE of two types: tinyint.
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
  COALESCE(ti, d52) AS c0,
  COALESCE(ti, d38) AS c1,
  COALESCE(ti, ti) AS c2,
  COALESCE(ti, i) AS c3,
  COALESCE(ti, b) AS c4,
  COALESCE(ti, f) AS c5,
  COALESCE(ti, d) AS c6,
  COALESCE(ti, NULL) AS c7
FROM t;
