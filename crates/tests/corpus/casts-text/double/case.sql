-- Texts of all kinds to a type: double.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS DOUBLE) AS c0
FROM t;
