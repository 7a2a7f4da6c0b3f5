-- Texts of all kinds to a type: bigint.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS BIGINT) AS c0
FROM t;
