-- a = b: boolean.
CREATE TABLE t (
  bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  bo = bo AS c0,
  bo = NULL AS c1
FROM t;
