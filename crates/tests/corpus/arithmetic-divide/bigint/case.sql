-- a / b, a % b and MOD: bigint.
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
  b / (CASE WHEN d52 = d52 AND d52 <> 0 THEN d52 END) AS c0,
  b / (CASE WHEN d38 = d38 AND d38 <> 0 THEN d38 END) AS c1,
  MOD(b, CASE WHEN d38 <> 0 THEN d38 END) AS c2,
  b / (CASE WHEN ti = ti AND ti <> 0 THEN ti END) AS c3,
  b % (CASE WHEN ti <> 0 THEN ti END) AS c4,
  MOD(b, CASE WHEN ti <> 0 THEN ti END) AS c5,
  b / (CASE WHEN sm = sm AND sm <> 0 THEN sm END) AS c6,
  b % (CASE WHEN sm <> 0 THEN sm END) AS c7,
  MOD(b, CASE WHEN sm <> 0 THEN sm END) AS c8,
  b / (CASE WHEN i = i AND i <> 0 THEN i END) AS c9,
  b % (CASE WHEN i <> 0 THEN i END) AS c10,
  MOD(b, CASE WHEN i <> 0 THEN i END) AS c11,
  b / (CASE WHEN b = b AND b <> 0 THEN b END) AS c12,
  b % (CASE WHEN b <> 0 THEN b END) AS c13,
  MOD(b, CASE WHEN b <> 0 THEN b END) AS c14,
  b / (CASE WHEN d = d AND d <> 0 THEN d END) AS c15
FROM t;
