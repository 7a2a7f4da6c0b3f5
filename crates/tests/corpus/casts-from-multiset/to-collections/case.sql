-- TRY_CAST of multiset to collections: edge values and NULL.
CREATE TABLE t (
  ms MULTISET<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ms AS MULTISET<STRING>) AS c0,
  TRY_CAST(ms AS MULTISET<INT>) AS c1
FROM t;
