CREATE TABLE t (
  s STRING,
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT t.* FROM (SELECT i, s FROM t) AS t;
