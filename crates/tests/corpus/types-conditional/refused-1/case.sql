-- Refused by Flink.
CREATE TABLE t (
  `bo` BOOLEAN,
  `ai` ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  IF(bo, ai, ai) AS c0
FROM t;
