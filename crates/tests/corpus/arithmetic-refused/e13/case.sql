-- Refused by Flink.
CREATE TABLE t (
  d38 DECIMAL(38,10)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d38 + INTERVAL '1' DAY AS c0
FROM t;
