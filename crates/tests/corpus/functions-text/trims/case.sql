CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  TRIM(s) AS c1,
  TRIM(BOTH FROM s) AS c2,
  TRIM(LEADING FROM s) AS c3,
  TRIM(TRAILING FROM s) AS c4,
  TRIM(BOTH 'x' FROM s) AS c5,
  TRIM(LEADING 'x' FROM s) AS c6,
  TRIM(TRAILING 'x' FROM s) AS c7,
  TRIM(BOTH ' xc' FROM s) AS c8,
  TRIM(u FROM s) AS c9,
  TRIM(LEADING u FROM s) AS c10,
  TRIM(TRAILING u FROM s) AS c11,
  TRIM(BOTH '😀a' FROM s) AS c12,
  LTRIM(s) AS c13,
  RTRIM(s) AS c14,
  LTRIM(s, 'abx ') AS c15,
  RTRIM(s, 'abx ') AS c16,
  LTRIM(s, u) AS c17,
  RTRIM(s, u) AS c18,
  TRIM(BOTH '' FROM s) AS c19
FROM t;
