-- Refused by Flink.
CREATE TABLE t (
  s STRING,
  ti TINYINT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ti + s AS c0
FROM t;
