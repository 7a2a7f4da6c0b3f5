-- COALESCE of two types: char.
CREATE TABLE t (
  c3 CHAR(3),
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(c3, c3) AS c0,
  COALESCE(c3, s) AS c1,
  COALESCE(c3, NULL) AS c2
FROM t;
