-- Collections: typeof.
CREATE TABLE t (
  i INT,
  s STRING,
  ai ARRAY<INT>,
  ar ARRAY<ROW<x INT, y STRING>>,
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TYPEOF(ar) AS c0,
  TYPEOF(ROW(i, s)) AS c1,
  TYPEOF(ar[1]) AS c2,
  TYPEOF(ai[1]) AS c3,
  TYPEOF(m['a']) AS c4,
  TYPEOF(MAP_ENTRIES(m)) AS c5
FROM t;
