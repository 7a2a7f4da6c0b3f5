-- Refused by Flink.
CREATE TABLE t (
  c3 CHAR(3),
  d38 DECIMAL(38,10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  c3 + d38 AS c0
FROM t;
