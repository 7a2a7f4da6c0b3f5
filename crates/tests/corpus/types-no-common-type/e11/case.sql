-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN ai ELSE bo END AS c0
FROM t;
