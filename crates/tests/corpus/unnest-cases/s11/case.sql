CREATE TABLE t (
  i INT,
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, u.* FROM t CROSS JOIN UNNEST(ai) AS u;
