SELECT
  SPLIT_INDEX('a,b', ',', 'x') AS c1;
