-- Refused by Flink.
CREATE TABLE t (
  `ai` ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  GREATEST(ai, ai) AS c0
FROM t;
