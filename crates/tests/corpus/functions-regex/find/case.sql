CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  REGEXP(s, 'b') AS c1,
  REGEXP(s, '^a') AS c2,
  REGEXP(s, 'c$') AS c3,
  REGEXP(s, '') AS c4,
  REGEXP(s, '(') AS c5,
  REGEXP(s, u) AS c6,
  REGEXP(s, '^$') AS c7,
  REGEXP(s, '^\s*$') AS c8,
  REGEXP(s, '^[0-9.eE+-]+$') AS c9,
  REGEXP(s, '\n') AS c10,
  REGEXP(s, '^.*$') AS c11
FROM t;
