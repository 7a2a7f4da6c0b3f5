-- a = b: row.
CREATE TABLE t (
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  r = r AS c0,
  r = NULL AS c1
FROM t;
