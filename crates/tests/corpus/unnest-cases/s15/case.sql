CREATE TABLE t (
  i INT,
  aai ARRAY<ARRAY<INT>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, x FROM t CROSS JOIN UNNEST(aai) AS u(x);
