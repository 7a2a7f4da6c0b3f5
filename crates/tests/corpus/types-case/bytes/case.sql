-- CASE with branches of two types: bytes.
CREATE TABLE t (
  bo BOOLEAN,
  `by` BYTES
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN `by` ELSE `by` END AS c0,
  CASE WHEN bo THEN `by` ELSE NULL END AS c1
FROM t;
