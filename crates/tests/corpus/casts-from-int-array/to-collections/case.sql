-- TRY_CAST of int-array to collections: edge values and NULL.
CREATE TABLE t (
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(ai AS ARRAY<STRING>) AS c0,
  TRY_CAST(ai AS ARRAY<BIGINT>) AS c1,
  TRY_CAST(ai AS ARRAY<DECIMAL(5,2)>) AS c2
FROM t;
