-- Collections: array-contains.
CREATE TABLE t (
  n INT,
  s STRING,
  ai ARRAY<INT>,
  ast ARRAY<STRING>,
  aai ARRAY<ARRAY<INT>>,
  ad ARRAY<DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_CONTAINS(ai, 2) AS c0,
  ARRAY_CONTAINS(ai, n) AS c1,
  ARRAY_CONTAINS(ai, NULL) AS c2,
  ARRAY_CONTAINS(ai, CAST(NULL AS INT)) AS c3,
  ARRAY_CONTAINS(ast, 'a') AS c4,
  ARRAY_CONTAINS(ast, s) AS c5,
  ARRAY_CONTAINS(aai, ARRAY[1]) AS c6,
  ARRAY_CONTAINS(ad, 2.5) AS c7
FROM t;
