-- CASE with branches of two types: row.
CREATE TABLE t (
  bo BOOLEAN,
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CASE WHEN bo THEN r ELSE r END AS c0,
  CASE WHEN bo THEN r ELSE NULL END AS c1
FROM t;
