-- A watermark after every row: each row is evaluated on its own.
CREATE TABLE w (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
CREATE VIEW v AS SELECT id, a / b AS q FROM w WHERE b <> 0;
SELECT id, q FROM v WHERE q > 1;
