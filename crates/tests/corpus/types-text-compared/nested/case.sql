-- Arrays and rows with elements that do not compare are never equal.
CREATE TABLE t (
  `c3` CHAR(3),
  `ai` ARRAY<INT>,
  `ast` ARRAY<STRING>,
  `r` ROW<x INT, y STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ai = ARRAY['1'] AS c0,
  ai = ast AS c1,
  ast <> ai AS c2,
  r = ROW('1','a') AS c3,
  r = ROW(1,'a') AS c4,
  ai = ARRAY[1,2] AS c5,
  ai = ARRAY[CAST(1 AS BIGINT),2] AS c6,
  ai = ARRAY[1.0,2.0] AS c7
FROM t;
