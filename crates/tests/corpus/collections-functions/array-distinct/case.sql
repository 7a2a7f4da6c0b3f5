-- Collections: array-distinct.
CREATE TABLE t (
  ai ARRAY<INT>,
  ast ARRAY<STRING>,
  aai ARRAY<ARRAY<INT>>,
  ar ARRAY<ROW<x INT, y STRING>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_DISTINCT(ai) AS c0,
  ARRAY_DISTINCT(ast) AS c1,
  ARRAY_DISTINCT(aai) AS c2,
  ARRAY_DISTINCT(ar) AS c3
FROM t;
