-- Refused by Flink.
CREATE TABLE t (
  d52 DECIMAL(5,2)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  d52 = INTERVAL '1' DAY AS c0
FROM t;
