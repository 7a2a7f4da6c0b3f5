-- COALESCE of two types: bytes.
CREATE TABLE t (
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(`by`, `by`) AS c0,
  COALESCE(`by`, NULL) AS c1
FROM t;
