CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id, CASE WHEN a / b > 1 THEN 1 WHEN b = 0 THEN 2 END AS q FROM g;
