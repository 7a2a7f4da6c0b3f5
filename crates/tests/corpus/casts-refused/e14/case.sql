-- Refused by Flink.
CREATE TABLE t (
  mi MAP<STRING,STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(mi AS TIMESTAMP_LTZ(9)) AS c0
FROM t;
