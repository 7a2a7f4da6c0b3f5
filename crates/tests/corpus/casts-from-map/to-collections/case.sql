-- TRY_CAST of map to collections: edge values and NULL.
CREATE TABLE t (
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  TRY_CAST(m AS MAP<STRING,STRING>) AS c0,
  TRY_CAST(m AS MAP<INT,BIGINT>) AS c1
FROM t;
