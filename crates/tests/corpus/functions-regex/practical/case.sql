CREATE TABLE t (
  id INT, s STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  REGEXP_EXTRACT(s, '(\d+)\.(\d+)\.(\d+)\.(\d+)', 0) AS c1,
  REGEXP_EXTRACT(s, '(\d+)\.(\d+)\.(\d+)\.(\d+)', 3) AS c2,
  REGEXP_EXTRACT(s, '([a-zA-Z0-9._%+-]+)@([a-zA-Z0-9.-]+)', 1) AS c3,
  REGEXP_EXTRACT(s, '([a-zA-Z0-9._%+-]+)@([a-zA-Z0-9.-]+)', 2) AS c4,
  REGEXP_EXTRACT(s, '(\d{4})-(\d{2})-(\d{2})', 2) AS c5,
  REGEXP_EXTRACT(s, 'https?://([^/\s]+)(/\S*)?', 1) AS c6,
  REGEXP_EXTRACT(s, 'https?://([^/\s]+)(/\S*)?', 2) AS c7,
  REGEXP_EXTRACT(s, '"([^"]*)"', 1) AS c8,
  REGEXP_EXTRACT(s, '\bERROR\b') AS c9,
  REGEXP_EXTRACT(s, '(?i)error|warn') AS c10,
  REGEXP_EXTRACT(s, '(?:status|code)[=:]\s*(\d+)', 1) AS c11,
  REGEXP_EXTRACT(s, '^(\S+) (\S+) (.*)$', 3) AS c12,
  REGEXP_EXTRACT(s, '(&|^)channel_id=([^&]*)', 2) AS c13,
  REGEXP_REPLACE(s, '\d', '#') AS c14,
  REGEXP_REPLACE(s, '\s+', ' ') AS c15,
  REGEXP_REPLACE(s, '[^\x20-\x7E]', '?') AS c16,
  REGEXP_REPLACE(s, '(?<=\d)(?=(\d{3})+$)', ',') AS c17,
  REGEXP(s, '^\d{4}-\d{2}-\d{2}') AS c18,
  REGEXP(s, '@[a-z]+\.com$') AS c19,
  REGEXP(s, '(a|b)*c\1?') AS c20,
  REGEXP(s, '^(?!.*error).*$') AS c21
FROM t;
