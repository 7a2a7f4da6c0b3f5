-- Collections: coalesce.
CREATE TABLE t (
  ai ARRAY<INT>,
  aj ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(ai, aj) AS c0,
  COALESCE(ai, ARRAY[0]) AS c1
FROM t;
