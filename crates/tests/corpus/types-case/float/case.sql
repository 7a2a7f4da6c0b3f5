-- CASE with branches of two types: float.
CREATE TABLE t (
  bo BOOLEAN,
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  b BIGINT,
  f FLOAT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN f ELSE d52 END AS c0,
  CASE WHEN bo THEN f ELSE d38 END AS c1,
  CASE WHEN bo THEN f ELSE ti END AS c2,
  CASE WHEN bo THEN f ELSE b END AS c3,
  CASE WHEN bo THEN f ELSE f END AS c4,
  CASE WHEN bo THEN f ELSE d END AS c5,
  CASE WHEN bo THEN f ELSE NULL END AS c6
FROM t;
