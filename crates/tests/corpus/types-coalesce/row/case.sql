-- COALESCE of two types: row.
CREATE TABLE t (
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  COALESCE(r, r) AS c0,
  COALESCE(r, NULL) AS c1
FROM t;
