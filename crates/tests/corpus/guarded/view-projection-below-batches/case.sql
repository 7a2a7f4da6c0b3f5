CREATE TABLE g (
  id INT, a INT, b INT, s STRING, j STRING, d STRING, f STRING, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
CREATE VIEW v AS SELECT id, a / b AS q FROM g WHERE b <> 0;
SELECT id, q FROM v WHERE q > 1;
