-- Texts of all kinds to a type: tinyint.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS TINYINT) AS c0
FROM t;
