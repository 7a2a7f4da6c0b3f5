-- a + b: interval-month.
CREATE TABLE t (
  ts3 TIMESTAMP(3),
  ts9 TIMESTAMP(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  INTERVAL '1' MONTH + ts3 AS c0,
  INTERVAL '1' MONTH + ts9 AS c1,
  INTERVAL '1' MONTH + INTERVAL '1' MONTH AS c2
FROM t;
