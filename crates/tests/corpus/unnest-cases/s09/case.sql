CREATE TABLE t (
  i INT,
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, x FROM t LEFT JOIN UNNEST(ai) AS u(x) ON TRUE;
