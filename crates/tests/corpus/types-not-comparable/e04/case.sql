-- Refused by Flink.
CREATE TABLE t (
  ti TINYINT,
  dt DATE
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ti = dt AS c0
FROM t;
