SELECT
  SPLIT_INDEX('a,b,c', ',', 1) AS c1,
  SPLIT_INDEX('a,b,c', ',', 3) AS c2,
  SPLIT_INDEX('a,,c', ',', 1) AS c3,
  SPLIT_INDEX(',', ',', 1) AS c4,
  SPLIT_INDEX('a--b--c', '--', 2) AS c5,
  SPLIT_INDEX('a b  c', '', 2) AS c6,
  SPLIT_INDEX('a b  c', ' ', 2) AS c7,
  SPLIT_INDEX('', ',', 0) AS c8,
  SPLIT_INDEX('abc', ',', 0) AS c9,
  SPLIT_INDEX('a|b', 124, 1) AS c10,
  SPLIT_INDEX('a,b', CAST(NULL AS STRING), 0) AS c11,
  SPLIT_INDEX('日x本x語', 'x', 2) AS c12;
