-- COALESCE of two types: bigint.
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
  COALESCE(b, d52) AS c0,
  COALESCE(b, d38) AS c1,
  COALESCE(b, ti) AS c2,
  COALESCE(b, i) AS c3,
  COALESCE(b, b) AS c4,
  COALESCE(b, f) AS c5,
  COALESCE(b, d) AS c6,
  COALESCE(b, NULL) AS c7
FROM t;
