-- Refused by Flink.
CREATE TABLE t (
  bo BOOLEAN,
  dt DATE,
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN lt3 ELSE dt END AS c0
FROM t;
