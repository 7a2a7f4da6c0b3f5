-- Texts of all kinds to a type: boolean.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS BOOLEAN) AS c0
FROM t;
