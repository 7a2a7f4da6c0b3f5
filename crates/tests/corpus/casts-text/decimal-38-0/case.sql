-- Texts of all kinds to a type: decimal-38-0.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS DECIMAL(38,0)) AS c0
FROM t;
