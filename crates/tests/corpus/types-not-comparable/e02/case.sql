-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  f FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  bo = f AS c0
FROM t;
