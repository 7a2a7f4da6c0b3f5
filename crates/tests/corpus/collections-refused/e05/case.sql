-- Refused by Flink.
CREATE TABLE t (
  ab ARRAY<BOOLEAN>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_MAX(ab) AS c0
FROM t;
