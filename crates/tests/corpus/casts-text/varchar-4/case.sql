-- Texts of all kinds to a type: varchar-4.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS VARCHAR(4)) AS c0
FROM t;
