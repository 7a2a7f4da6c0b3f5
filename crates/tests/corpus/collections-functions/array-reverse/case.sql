-- Collections: array-reverse.
CREATE TABLE t (
  ai ARRAY<INT>,
  ast ARRAY<STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_REVERSE(ai) AS c0,
  ARRAY_REVERSE(ast) AS c1
FROM t;
