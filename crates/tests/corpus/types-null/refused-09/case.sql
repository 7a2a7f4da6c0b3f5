-- Refused by Flink.
CREATE TABLE t (
  `t3` TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TIMESTAMPDIFF(DAY,t3,NULL) AS c0
FROM t;
