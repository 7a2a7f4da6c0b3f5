-- COALESCE of two types: decimal.
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
  COALESCE(d52, d52) AS c0,
  COALESCE(d52, d38) AS c1,
  COALESCE(d52, ti) AS c2,
  COALESCE(d52, i) AS c3,
  COALESCE(d52, b) AS c4,
  COALESCE(d52, f) AS c5,
  COALESCE(d52, d) AS c6,
  COALESCE(d52, NULL) AS c7
FROM t;
