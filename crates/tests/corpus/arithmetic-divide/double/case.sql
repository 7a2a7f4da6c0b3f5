-- a / b, a % b and MOD: double.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  sm SMALLINT,
  i INT,
  b BIGINT,
  f FLOAT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d / (CASE WHEN d52 = d52 AND d52 <> 0 THEN d52 END) AS c0,
  d / (CASE WHEN d38 = d38 AND d38 <> 0 THEN d38 END) AS c1,
  d / (CASE WHEN ti = ti AND ti <> 0 THEN ti END) AS c2,
  d / (CASE WHEN sm = sm AND sm <> 0 THEN sm END) AS c3,
  d / (CASE WHEN i = i AND i <> 0 THEN i END) AS c4,
  d / (CASE WHEN b = b AND b <> 0 THEN b END) AS c5,
  d / (CASE WHEN f = f AND f <> 0 THEN f END) AS c6,
  d / (CASE WHEN d = d AND d <> 0 THEN d END) AS c7
FROM t;
