-- Texts of all kinds to a type: timestamp-0.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS TIMESTAMP(0)) AS c0
FROM t;
