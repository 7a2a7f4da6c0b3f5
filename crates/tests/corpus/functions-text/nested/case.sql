CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  UPPER(TRIM(s)) || '/' || LOWER(s) AS c1,
  CHAR_LENGTH(REPLACE(s, 'a', 'aaa')) AS c2,
  SUBSTRING(s FROM POSITION('b' IN s)) AS c3,
  CONCAT_WS('|', SPLIT_INDEX(s, ',', 0), SPLIT_INDEX(s, ',', 1), SPLIT_INDEX(s, ',', 2)) AS c4,
  MD5(UPPER(s)) AS c5,
  REVERSE(REVERSE(s)) = s AS c6,
  REPEAT(LEFT(s, 1), 3) AS c7,
  INITCAP(LOWER(s)) AS c8,
  LTRIM(RTRIM(s)) AS c9,
  IS_DIGIT(SUBSTRING(s FROM 1 FOR 1)) AS c10,
  CASE WHEN s LIKE 'a%' THEN UPPER(s) WHEN s IS NULL THEN 'none' ELSE REVERSE(s) END AS c11,
  COALESCE(REGEXP_EXTRACT(s, '([0-9]+)', 1), 'no digits') AS c12,
  IF(CHAR_LENGTH(s) > 3, LEFT(s, 3), s) AS c13,
  NULLIF(TRIM(s), '') AS c14,
  HEX(LEFT(s, 1)) AS c15
FROM t;
