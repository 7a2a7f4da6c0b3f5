-- Texts of all kinds to a type: char-4.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS CHAR(4)) AS c0
FROM t;
