-- Refused by Flink.
CREATE TABLE t (
  lt0 TIMESTAMP_LTZ(0)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(lt0 AS VARBINARY(2)) AS c0
FROM t;
