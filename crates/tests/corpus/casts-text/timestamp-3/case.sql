-- Texts of all kinds to a type: timestamp-3.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS TIMESTAMP(3)) AS c0
FROM t;
