-- Refused by Flink.
CREATE TABLE t (
  `s` STRING,
  `dt` DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  dt < s AS c0
FROM t;
