CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
CREATE VIEW v AS SELECT id, a, b FROM g WHERE b <> 0 AND 12 / b > 0;
CREATE VIEW u AS SELECT id, a / b AS q FROM v WHERE a > 5;
SELECT id, q FROM u WHERE q + 1 > 1 AND 10 / q > 1;
