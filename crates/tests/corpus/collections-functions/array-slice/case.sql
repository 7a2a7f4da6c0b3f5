-- Collections: array-slice.
CREATE TABLE t (
  n INT,
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_SLICE(ai, 2) AS c0,
  ARRAY_SLICE(ai, 2, 3) AS c1,
  ARRAY_SLICE(ai, -2) AS c2,
  ARRAY_SLICE(ai, -3, -2) AS c3,
  ARRAY_SLICE(ai, 0) AS c4,
  ARRAY_SLICE(ai, 3, 1) AS c5,
  ARRAY_SLICE(ai, 2, 99) AS c6,
  ARRAY_SLICE(ai, n, n) AS c7
FROM t;
