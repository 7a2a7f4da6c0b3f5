-- COALESCE of two types: string.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(s, c3) AS c0,
  COALESCE(s, s) AS c1,
  COALESCE(s, NULL) AS c2
FROM t;
