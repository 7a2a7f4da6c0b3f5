CREATE TABLE t (
  i INT,
  aai ARRAY<ARRAY<INT>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, y FROM t CROSS JOIN UNNEST(aai) AS u(x) CROSS JOIN UNNEST(u.x) AS w(y);
