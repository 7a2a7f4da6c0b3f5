CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0)
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  i > 0 AND b > 0 AS c1,
  i > 0 OR b < 0 AS c2,
  NOT i > 0 AS c3,
  (i > 0) IS TRUE AS c4,
  (i > 0) IS NOT TRUE AS c5,
  (i > 0) IS FALSE AS c6,
  (i > 0) IS NOT FALSE AS c7,
  (i > 0) IS UNKNOWN AS c8,
  (i > 0) IS NOT UNKNOWN AS c9,
  i > 0 AND CAST(NULL AS BOOLEAN) AS c10,
  i > 0 OR CAST(NULL AS BOOLEAN) AS c11,
  NOT CAST(NULL AS BOOLEAN) AS c12,
  (i > 0) = (b > 0) AS c13,
  (i > 0) <> TRUE AS c14,
  (i > 0) > FALSE AS c15,
  TRUE IN (i > 0) AS c16,
  UNKNOWN AS c17
FROM t;
