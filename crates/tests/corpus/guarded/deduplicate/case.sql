-- A watermark after every row: each row is evaluated on its own.
CREATE TABLE w (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id, 12 / b AS q FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY s ORDER BY ts) AS rn FROM w WHERE b <> 0 AND 12 / b > 1
) WHERE rn = 1 AND b <> 0 AND a / b > 1;
