-- CASE with branches of two types: int.
CREATE TABLE t (
  bo BOOLEAN,
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  i INT,
  b BIGINT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN i ELSE d52 END AS c0,
  CASE WHEN bo THEN i ELSE d38 END AS c1,
  CASE WHEN bo THEN i ELSE ti END AS c2,
  CASE WHEN bo THEN i ELSE i END AS c3,
  CASE WHEN bo THEN i ELSE b END AS c4,
  CASE WHEN bo THEN i ELSE d END AS c5,
  CASE WHEN bo THEN i ELSE NULL END AS c6
FROM t;
