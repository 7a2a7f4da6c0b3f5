-- Texts of all kinds to a type: int.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS INT) AS c0
FROM t;
