CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id,
  b <> 0 AND a / b > 1 AS `divide-and`,
  b = 0 OR a / b > 1 AS `divide-or`,
  NOT (b <> 0 AND a / b > 1) AS `negated`,
  NOT (b = 0 OR a / b > 1) AS `negated-or`,
  b IS NOT NULL AND b <> 0 AND 10 / b > 1 AS `three-parts`,
  b = 0 OR (b <> 0 AND a / b > 1) OR a IS NULL AS `mixed`,
  (b <> 0 AND a / b > 1) IS NOT TRUE AS `is-not-true`,
  (b <> 0 AND a / b > 1) IS UNKNOWN AS `is-unknown`,
  b <> 0 AND a / b BETWEEN 1 AND 5 AS `between`,
  b <> 0 AND a / b IN (1, 2, 3, 4, 5) AS `in-list`,
  s SIMILAR TO '[0-9]+' AND CAST(s AS INT) > 5 AS `similar-cast`,
  CHAR_LENGTH(s) > 0 AND s <> 'x' AND CAST(s AS DOUBLE) >= 0 AS `length-cast`,
  IS_DIGIT(s) AND CAST(s AS INT) > 5 AS `is-digit-cast`,
  REGEXP(s, '^[0-9]+$') AND CAST(s AS BIGINT) < 50 AS `regexp-cast`,
  j IS JSON OBJECT AND JSON_EXISTS(j, 'lax $.v') AND JSON_VALUE(j, 'strict $.v' RETURNING STRING ERROR ON EMPTY ERROR ON ERROR) <> '1' AS `json-value`,
  id IN (1, 6, 7) AND CAST(d AS DATE) > DATE '2024-01-01' AS `date-cast`,
  CASE WHEN b = 0 THEN FALSE ELSE a / b > 1 END AS `case`,
  CASE WHEN b = 0 THEN FALSE WHEN a / b > 1 THEN TRUE ELSE 10 / b > 4 END AS `case-two`,
  IF(b = 0, TRUE, a / b > 1) AS `if`,
  a / NULLIF(b, 0) > 1 AS `nullif`,
  b <> 0 AND MOD(a, b) = 0 AS `modulo`,
  a > b AND b <> 0 AND a / b >= 3 AS `column-guard`,
  (b <> 0 AND (a > 5 OR a / b < 0)) OR (b = 0 AND a = 0) AS `nested-guards`,
  CAST(NULL AS BOOLEAN) AND a / b > 1 AS `unknown-guard`
FROM g;
