-- Refused by Flink.
CREATE TABLE t (
  vb VARBINARY(5)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(vb AS SMALLINT) AS c0
FROM t;
