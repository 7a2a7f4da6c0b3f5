-- Refused by Flink.
CREATE TABLE t (
  `s` STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  s LIKE NULL AS c0
FROM t;
