-- a / b, a % b and MOD: decimal.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  f FLOAT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d52 / (CASE WHEN d52 = d52 AND d52 <> 0 THEN d52 END) AS c0,
  d52 % (CASE WHEN d52 <> 0 THEN d52 END) AS c1,
  MOD(d52, CASE WHEN d52 <> 0 THEN d52 END) AS c2,
  d52 / (CASE WHEN d38 = d38 AND d38 <> 0 THEN d38 END) AS c3,
  MOD(d52, CASE WHEN d38 <> 0 THEN d38 END) AS c4,
  d52 / (CASE WHEN ti = ti AND ti <> 0 THEN ti END) AS c5,
  MOD(d52, CASE WHEN ti <> 0 THEN ti END) AS c6,
  d52 / (CASE WHEN f = f AND f <> 0 THEN f END) AS c7,
  d52 / (CASE WHEN d = d AND d <> 0 THEN d END) AS c8
FROM t;
