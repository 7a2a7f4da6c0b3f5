-- Collections: row.
CREATE TABLE t (
  i INT,
  n INT,
  s STRING,
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ROW(i, s, ai) AS c0,
  ROW(i, ROW(n, s)) AS c1,
  ROW(i, s) = ROW(1, 'b') AS c2,
  ROW(i, s) = ROW(1, CAST(NULL AS STRING)) AS c3
FROM t;
