-- a = b: int-array.
CREATE TABLE t (
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ai = ai AS c0,
  ai = NULL AS c1
FROM t;
