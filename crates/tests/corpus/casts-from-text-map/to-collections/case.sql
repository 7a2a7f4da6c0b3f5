-- TRY_CAST of text-map to collections: edge values and NULL.
CREATE TABLE t (
  mi MAP<STRING,STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(mi AS MAP<STRING,STRING>) AS c0,
  TRY_CAST(mi AS MAP<INT,BIGINT>) AS c1
FROM t;
