-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  `by` BYTES,
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN `by` ELSE r END AS c0
FROM t;
