-- Refused by Flink.
CREATE TABLE t (
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_CONTAINS(ai, 2.0) AS c0
FROM t;
