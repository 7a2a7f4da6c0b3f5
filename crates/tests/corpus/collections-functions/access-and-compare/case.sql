-- Collections: access-and-compare.
CREATE TABLE t (
  i INT,
  n INT,
  s STRING,
  ai ARRAY<INT>,
  aj ARRAY<INT>,
  aai ARRAY<ARRAY<INT>>,
  ar ARRAY<ROW<x INT, y STRING>>,
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ai[1] AS c0,
  ai[n] AS c1,
  ai[i] AS c2,
  ar[1] AS c3,
  ar[1].x AS c4,
  ar[1].y AS c5,
  aai[1][1] AS c6,
  m['a'] AS c7,
  m[s] AS c8,
  ARRAY[i, n] AS c9,
  ARRAY[i, 1.5] AS c10,
  ARRAY['a', s] AS c11,
  ARRAY[ai, aj] AS c12,
  ARRAY[ROW(i, s)] AS c13,
  (i, s) AS c14,
  ai = aj AS c15,
  ai = ai AS c16,
  ai <> aj AS c17,
  ar = ar AS c18,
  m = MAP['a', 1] AS c19,
  ai IS NULL AS c20,
  CASE WHEN i > 0 THEN ai ELSE ARRAY[n] END AS c21
FROM t;
