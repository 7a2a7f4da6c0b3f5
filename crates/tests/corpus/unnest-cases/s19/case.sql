CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, x FROM t CROSS JOIN UNNEST(ARRAY[i, i+1]) AS u(x);
