CREATE TABLE t (
  i INT,
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, x FROM t CROSS JOIN UNNEST(ai) AS u(x) WHERE x IS NOT NULL AND i > 0;
