-- Collections: array-max.
CREATE TABLE t (
  ai ARRAY<INT>,
  ast ARRAY<STRING>,
  ad ARRAY<DECIMAL(5,2)>,
  ats ARRAY<TIMESTAMP(3)>,
  af ARRAY<DOUBLE>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_MAX(ai) AS c0,
  ARRAY_MAX(ast) AS c1,
  ARRAY_MAX(ad) AS c2,
  ARRAY_MAX(ats) AS c3,
  ARRAY_MAX(af) AS c4
FROM t;
