-- Refused by Flink.
CREATE TABLE t (
  `dt` DATE,
  `t3` TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  GREATEST(dt, t3) AS c0
FROM t;
