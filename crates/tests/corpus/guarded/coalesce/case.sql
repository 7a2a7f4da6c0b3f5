CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id, COALESCE(a, 7) AS x, IFNULL(a, b) AS y, COALESCE(a, NULLIF(b, 0), 1) AS z FROM g;
