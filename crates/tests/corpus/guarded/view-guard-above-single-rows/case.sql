-- A watermark after every row: each row is evaluated on its own.
CREATE TABLE w (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
CREATE VIEW v AS SELECT id, b, IF(b = 0, NULL, a / b) AS q FROM w;
SELECT id, q FROM v WHERE b <> 0 AND q > 0 AND 10 / q > 1;
