CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  REGEXP_REPLACE(s, '[aeiou]', '*') AS c1,
  REGEXP_REPLACE(s, '([a-z])([a-z])', '$2$1') AS c2,
  REGEXP_REPLACE(s, 'x*', '-') AS c3,
  REGEXP_REPLACE(s, '', '.') AS c4,
  REGEXP_REPLACE(s, '$', '!') AS c5,
  REGEXP_REPLACE(s, '^', '!') AS c6,
  REGEXP_REPLACE(s, '\s', '') AS c7,
  REGEXP_REPLACE(s, '\b', '|') AS c8,
  REGEXP_REPLACE(s, '(', '') AS c9,
  REGEXP_REPLACE(s, 'a', u) AS c10,
  REGEXP_REPLACE(s, u, '#') AS c11,
  REGEXP_REPLACE(s, '.', 'x') AS c12,
  REGEXP_REPLACE(s, '[^a-zA-Z0-9]', '') AS c13,
  REGEXP_REPLACE(s, 'b?', '_') AS c14,
  REGEXP_REPLACE(s, '(?=b)', '^') AS c15,
  REGEXP_REPLACE(s, 'a', '\\') AS c16
FROM t;
