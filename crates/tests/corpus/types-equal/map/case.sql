-- a = b: map.
CREATE TABLE t (
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  m = m AS c0,
  m = NULL AS c1
FROM t;
