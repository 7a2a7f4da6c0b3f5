CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
-- A watermark after every row: each row is evaluated on its own.
CREATE TABLE w (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id FROM g WHERE NOT (b = 0 OR a / b > 1)
UNION ALL
SELECT id + 100 FROM w WHERE NOT (b = 0 OR a / b > 1);
