-- Refused by Flink.
CREATE TABLE t (
  c3 CHAR(3),
  bo BOOLEAN,
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN c3 ELSE lt3 END AS c0
FROM t;
