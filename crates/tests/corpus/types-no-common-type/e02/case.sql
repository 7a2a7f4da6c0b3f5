-- Refused by Flink.
CREATE TABLE t (
  s STRING,
  bo BOOLEAN,
  ts9 TIMESTAMP(9)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN s ELSE ts9 END AS c0
FROM t;
