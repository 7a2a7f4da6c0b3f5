-- COALESCE of two types: int-array.
CREATE TABLE t (
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(ai, ai) AS c0,
  COALESCE(ai, NULL) AS c1
FROM t;
