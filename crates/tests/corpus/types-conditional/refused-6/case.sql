-- Refused by Flink.
CREATE TABLE t (
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  LEAST(`by`, `by`) AS c0
FROM t;
