-- Refused by Flink.
CREATE TABLE t (
  ti TINYINT,
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ti + lt3 AS c0
FROM t;
