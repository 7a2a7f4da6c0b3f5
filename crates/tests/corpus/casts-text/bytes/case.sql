-- Texts of all kinds to a type: bytes.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(s AS BYTES) AS c0
FROM t;
