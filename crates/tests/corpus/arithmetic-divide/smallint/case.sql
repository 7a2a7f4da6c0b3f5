-- a / b, a % b and MOD: smallint.
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
  sm / (CASE WHEN d52 = d52 AND d52 <> 0 THEN d52 END) AS c0,
  sm / (CASE WHEN d38 = d38 AND d38 <> 0 THEN d38 END) AS c1,
  MOD(sm, CASE WHEN d38 <> 0 THEN d38 END) AS c2,
  sm / (CASE WHEN ti = ti AND ti <> 0 THEN ti END) AS c3,
  sm % (CASE WHEN ti <> 0 THEN ti END) AS c4,
  MOD(sm, CASE WHEN ti <> 0 THEN ti END) AS c5,
  sm / (CASE WHEN sm = sm AND sm <> 0 THEN sm END) AS c6,
  sm % (CASE WHEN sm <> 0 THEN sm END) AS c7,
  MOD(sm, CASE WHEN sm <> 0 THEN sm END) AS c8,
  sm / (CASE WHEN i = i AND i <> 0 THEN i END) AS c9,
  sm % (CASE WHEN i <> 0 THEN i END) AS c10,
  MOD(sm, CASE WHEN i <> 0 THEN i END) AS c11,
  sm / (CASE WHEN b = b AND b <> 0 THEN b END) AS c12,
  sm % (CASE WHEN b <> 0 THEN b END) AS c13,
  MOD(sm, CASE WHEN b <> 0 THEN b END) AS c14,
  sm / (CASE WHEN f = f AND f <> 0 THEN f END) AS c15,
  sm / (CASE WHEN d = d AND d <> 0 THEN d END) AS c16
FROM t;
