-- Refused by Flink.
CREATE TABLE t (
  `t3` TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TIMESTAMPADD(DAY,NULL,t3) AS c0
FROM t;
