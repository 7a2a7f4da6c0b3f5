-- a = b: bytes.
CREATE TABLE t (
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  `by` = `by` AS c0,
  `by` = NULL AS c1
FROM t;
