-- CASE with branches of two types: bigint.
CREATE TABLE t (
  bo BOOLEAN,
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  i INT,
  b BIGINT,
  f FLOAT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN b ELSE d52 END AS c0,
  CASE WHEN bo THEN b ELSE d38 END AS c1,
  CASE WHEN bo THEN b ELSE ti END AS c2,
  CASE WHEN bo THEN b ELSE i END AS c3,
  CASE WHEN bo THEN b ELSE b END AS c4,
  CASE WHEN bo THEN b ELSE f END AS c5,
  CASE WHEN bo THEN b ELSE d END AS c6,
  CASE WHEN bo THEN b ELSE NULL END AS c7
FROM t;
