CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id, x FROM g CROSS JOIN UNNEST(ARRAY[a, b]) AS u(x) WHERE x <> 0 AND 6 / x > 1;
