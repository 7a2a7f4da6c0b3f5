-- Collections: array-concat.
CREATE TABLE t (
  ai ARRAY<INT>,
  aj ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_CONCAT(ai, aj) AS c0,
  ARRAY_CONCAT(ai) AS c1,
  ARRAY_CONCAT(ai, aj, ARRAY[9]) AS c2
FROM t;
