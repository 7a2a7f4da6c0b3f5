CREATE TABLE t (
  s STRING,
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT (i, s) IN ((0, 'yes'), (1, 'x')) AS a FROM t;
