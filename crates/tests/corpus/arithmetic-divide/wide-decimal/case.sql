-- a / b, a % b and MOD: wide-decimal.
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
  d38 / (CASE WHEN d52 = d52 AND d52 <> 0 THEN d52 END) AS c0,
  MOD(d38, CASE WHEN d52 <> 0 THEN d52 END) AS c1,
  d38 / (CASE WHEN d38 = d38 AND d38 <> 0 THEN d38 END) AS c2,
  d38 % (CASE WHEN d38 <> 0 THEN d38 END) AS c3,
  MOD(d38, CASE WHEN d38 <> 0 THEN d38 END) AS c4,
  d38 / (CASE WHEN ti = ti AND ti <> 0 THEN ti END) AS c5,
  MOD(d38, CASE WHEN ti <> 0 THEN ti END) AS c6,
  d38 / (CASE WHEN sm = sm AND sm <> 0 THEN sm END) AS c7,
  MOD(d38, CASE WHEN sm <> 0 THEN sm END) AS c8,
  d38 / (CASE WHEN i = i AND i <> 0 THEN i END) AS c9,
  MOD(d38, CASE WHEN i <> 0 THEN i END) AS c10,
  d38 / (CASE WHEN b = b AND b <> 0 THEN b END) AS c11,
  MOD(d38, CASE WHEN b <> 0 THEN b END) AS c12,
  d38 / (CASE WHEN f = f AND f <> 0 THEN f END) AS c13,
  d38 / (CASE WHEN d = d AND d <> 0 THEN d END) AS c14
FROM t;
