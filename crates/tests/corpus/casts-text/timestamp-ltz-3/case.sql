-- Texts of all kinds to a type: timestamp-ltz-3.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS TIMESTAMP_LTZ(3)) AS c0
FROM t;
