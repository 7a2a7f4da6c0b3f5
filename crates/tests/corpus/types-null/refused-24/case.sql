-- Refused by Flink.
CREATE TABLE t (
  `i` INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i FROM t UNION ALL SELECT NULL FROM t;
