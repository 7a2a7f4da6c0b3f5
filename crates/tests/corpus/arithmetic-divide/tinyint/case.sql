-- a / b, a % b and MOD: tinyint.
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
  ti / (CASE WHEN d52 = d52 AND d52 <> 0 THEN d52 END) AS c0,
  ti % (CASE WHEN d52 <> 0 THEN d52 END) AS c1,
  MOD(ti, CASE WHEN d52 <> 0 THEN d52 END) AS c2,
  ti / (CASE WHEN d38 = d38 AND d38 <> 0 THEN d38 END) AS c3,
  MOD(ti, CASE WHEN d38 <> 0 THEN d38 END) AS c4,
  ti / (CASE WHEN ti = ti AND ti <> 0 THEN ti END) AS c5,
  ti % (CASE WHEN ti <> 0 THEN ti END) AS c6,
  MOD(ti, CASE WHEN ti <> 0 THEN ti END) AS c7,
  ti / (CASE WHEN sm = sm AND sm <> 0 THEN sm END) AS c8,
  ti % (CASE WHEN sm <> 0 THEN sm END) AS c9,
  MOD(ti, CASE WHEN sm <> 0 THEN sm END) AS c10,
  ti / (CASE WHEN i = i AND i <> 0 THEN i END) AS c11,
  ti % (CASE WHEN i <> 0 THEN i END) AS c12,
  MOD(ti, CASE WHEN i <> 0 THEN i END) AS c13,
  ti / (CASE WHEN b = b AND b <> 0 THEN b END) AS c14,
  ti % (CASE WHEN b <> 0 THEN b END) AS c15,
  MOD(ti, CASE WHEN b <> 0 THEN b END) AS c16,
  ti / (CASE WHEN f = f AND f <> 0 THEN f END) AS c17,
  ti / (CASE WHEN d = d AND d <> 0 THEN d END) AS c18
FROM t;
