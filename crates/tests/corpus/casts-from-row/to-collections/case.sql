-- TRY_CAST of row to collections: edge values and NULL.
CREATE TABLE t (
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(r AS ROW<x BIGINT, y STRING, z DOUBLE>) AS c0
FROM t;
