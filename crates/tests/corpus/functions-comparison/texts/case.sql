CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  s = 'abc' AS c1,
  s <> 'abc' AS c2,
  s < 'b' AS c3,
  s >= u AS c4,
  s = u AS c5,
  s BETWEEN 'a' AND 'b' AS c6,
  s IN ('abc', 'a', '') AS c7,
  s NOT IN ('abc', NULL) AS c8,
  CAST(s AS CHAR(5)) = 'abc' AS c9,
  CAST('abc' AS CHAR(5)) = 'abc' AS c10,
  s IS NOT DISTINCT FROM u AS c11,
  s > '日' AS c12,
  s < '😀' AS c13
FROM t;
