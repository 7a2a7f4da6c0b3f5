-- Texts of all kinds to a type: smallint.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS SMALLINT) AS c0
FROM t;
