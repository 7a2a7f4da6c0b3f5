-- COALESCE of two types: wide-decimal.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  i INT,
  b BIGINT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(d38, d52) AS c0,
  COALESCE(d38, d38) AS c1,
  COALESCE(d38, ti) AS c2,
  COALESCE(d38, i) AS c3,
  COALESCE(d38, b) AS c4,
  COALESCE(d38, d) AS c5,
  COALESCE(d38, NULL) AS c6
FROM t;
