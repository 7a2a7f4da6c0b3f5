-- COALESCE of two types: map.
CREATE TABLE t (
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(m, m) AS c0,
  COALESCE(m, NULL) AS c1
FROM t;
