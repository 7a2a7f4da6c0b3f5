-- a / b, a % b and MOD: int.
CREATE TABLE t (
  d52 DECIMAL(5,2),
  d38 DECIMAL(38,10),
  ti TINYINT,
  sm SMALLINT,
  i INT,
  b BIGINT,
  d DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  i / (CASE WHEN d52 = d52 AND d52 <> 0 THEN d52 END) AS c0,
  i / (CASE WHEN d38 = d38 AND d38 <> 0 THEN d38 END) AS c1,
  MOD(i, CASE WHEN d38 <> 0 THEN d38 END) AS c2,
  i / (CASE WHEN ti = ti AND ti <> 0 THEN ti END) AS c3,
  i % (CASE WHEN ti <> 0 THEN ti END) AS c4,
  MOD(i, CASE WHEN ti <> 0 THEN ti END) AS c5,
  i / (CASE WHEN sm = sm AND sm <> 0 THEN sm END) AS c6,
  i % (CASE WHEN sm <> 0 THEN sm END) AS c7,
  MOD(i, CASE WHEN sm <> 0 THEN sm END) AS c8,
  i / (CASE WHEN i = i AND i <> 0 THEN i END) AS c9,
  i % (CASE WHEN i <> 0 THEN i END) AS c10,
  MOD(i, CASE WHEN i <> 0 THEN i END) AS c11,
  i / (CASE WHEN b = b AND b <> 0 THEN b END) AS c12,
  i % (CASE WHEN b <> 0 THEN b END) AS c13,
  MOD(i, CASE WHEN b <> 0 THEN b END) AS c14,
  i / (CASE WHEN d = d AND d <> 0 THEN d END) AS c15
FROM t;
