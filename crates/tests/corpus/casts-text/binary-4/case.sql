-- Texts of all kinds to a type: binary-4.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS BINARY(4)) AS c0
FROM t;
