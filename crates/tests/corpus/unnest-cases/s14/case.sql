CREATE TABLE t (
  i INT,
  ms MULTISET<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, x FROM t CROSS JOIN UNNEST(ms) AS u(x);
